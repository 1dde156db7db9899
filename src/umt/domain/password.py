"""What a password must be like, after NIST SP 800-63B: long enough, and none that everybody tries first."""

from __future__ import annotations

from typing import Final

from umt.domain.errors import InvalidValue
from umt.domain.values import unique_key

SHORTEST: Final = 10
LONGEST: Final = 200
_COMMON = """
0000000000 00000000000 0000000001 0011223344 0102030405 0123456789 0987654321 1029384756 1111111111 11111111111
111111111111 1122334455 1234512345 1234554321 1234567890 12345678900 12345678901 123456789012 1234567890123
1234567890a 1234567890q 1234567891 12345678910 123456789a 123456789q 123qweasdzxc 1357924680 1472583690 147258369a
159753456852 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc 2222222222 3333333333 4444444444 5555555555
5555555555555 6666666666 7777777777 8888888888 9876543210 987654321a 9999999999 a123456789 a1234567890 aa12345678
aaaaaaaaaa abc1234567 abc123456789 abcd123456 abcd1234567 abcdefghij abcdefghijk admin12345 admin123456 adminadmin
administrator alexander1 asdasdasdasd asdf123456 asdfasdfasdf asdfghjkl1 asdfghjkl123 asdfghjkl; asdfghjklz
assword123 azertyuiop babygirl123 barcelona1 baseball123 basketball butterfly1 california changeme12 changeme123
charlie123 chocolate1 christopher computer123 consectetur correcthorse correcthorsebatterystaple dragon1234
elizabeth1 everything1 facebook123 football12 football123 fuckyou123 hello12345 helloworld helloworld1 iloveyou12
iloveyou123 iloveyou1234 iloveyou22 internet12 jennifer12 letmein123 letmein1234 liverpool1 liverpool123 lovely1234
loveyou123 manchester manchester1 marketing1 marketing123 master1234 michelle12 microsoft1 minecraft1 minecraft123
monkey1234 mynoob1234 mypassword mypassword1 newpassword newpassword1 p@ssw0rd12 p@ssw0rd123 p@ssword123 pa$$word123
passpasspass passw0rd12 passw0rd123 password00 password01 password10 password11 password12 password123 password1234
password12345 password123456 password2020 password2021 password2022 password2023 password2024 password2025
password2026 password69 password99 password@123 passwordpassword pokemon123 princess12 princess123 q1w2e3r4t5
q1w2e3r4t5y6 qazwsxedc1 qazwsxedc123 qazwsxedcrfv qq123456789 qwe1234567 qweasdzxc1 qweasdzxc123 qweqweqwe1
qwer123456 qwert12345 qwerty1234 qwerty12345 qwerty123456 qwerty1234567 qwertyqwerty qwertyuiop qwertyuiop1
qwertyuiop12 qwertyuiop123 qwertyuiop[] secret1234 secret123456 september1 snowboarding spiderman1 startrek12
starwars12 starwars123 summer2024 summer2025 sunshine12 sunshine123 superman12 superman123 temporary1 test123456
test1234567 testtest12 testtesttest thomas1234 trustno1234 unbelievable victoria12 welcome123 welcome1234
welcome2024 welcome2025 whatever12 whatever123 winter2025 wordpass123 xxxxxxxxxx zaq12wsxcde zaq1zaq1zaq1 zxcvbnm123
zxcvbnm1234 zzzzzzzzzz
"""
COMMON: Final = frozenset(_COMMON.split())
"""Of ten characters and more, those that lists of leaked passwords hold most often; caseless."""


def require_password(password: str) -> None:
    """Nothing if it will do; InvalidValue if it is too short or too long, or among the first that are guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidValue("password", f"must have between {SHORTEST} and {LONGEST} characters")
    if unique_key(password) in COMMON:
        raise InvalidValue("password", "is one of those that are guessed first; choose another")
