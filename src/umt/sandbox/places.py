"""Places and interests that targeting searches know: each country below, and a city or interest for any likely text.

Whatever is asked for, the answer is always the same: ids come from the text itself. Text that nobody would look up has
no match: without letters, a word of Latin letters without a vowel, or one that says so ("no such ...", "nowhere").
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

_TABLE = """
AE 784 United Arab Emirates; AR 32 Argentina; AT 40 Austria; AU 36 Australia; BE 56 Belgium; BG 100 Bulgaria;
BR 76 Brazil; CA 124 Canada; CH 756 Switzerland; CL 152 Chile; CN 156 China; CO 170 Colombia; CY 196 Cyprus;
CZ 203 Czech Republic; DE 276 Germany; DK 208 Denmark; EE 233 Estonia; EG 818 Egypt; ES 724 Spain; FI 246 Finland;
FR 250 France; GB 826 United Kingdom; GR 300 Greece; HR 191 Croatia; HU 348 Hungary; ID 360 Indonesia; IE 372 Ireland;
IL 376 Israel; IN 356 India; IS 352 Iceland; IT 380 Italy; JP 392 Japan; KE 404 Kenya; KR 410 South Korea;
LI 438 Liechtenstein; LT 440 Lithuania; LU 442 Luxembourg; LV 428 Latvia; MA 504 Morocco; MT 470 Malta; MX 484 Mexico;
MY 458 Malaysia; NG 566 Nigeria; NL 528 Netherlands; NO 578 Norway; NZ 554 New Zealand; PE 604 Peru; PH 608 Philippines;
PK 586 Pakistan; PL 616 Poland; PT 620 Portugal; RO 642 Romania; RS 688 Serbia; SA 682 Saudi Arabia; SE 752 Sweden;
SG 702 Singapore; SI 705 Slovenia; SK 703 Slovakia; TH 764 Thailand; TR 792 Turkey; TW 158 Taiwan; UA 804 Ukraine;
US 840 United States; UY 858 Uruguay; VN 704 Vietnam; ZA 710 South Africa
"""
_CITIES = """
AT: Graz, Innsbruck, Linz, Salzburg, Vienna; BE: Antwerp, Brussels; CA: Montreal, Toronto, Vancouver; CH: Basel, Bern,
Geneva, Zürich; CZ: Brno, Prague; DE: Berlin, Cologne, Dresden, Frankfurt, Hamburg, Leipzig, Munich, Stuttgart;
DK: Copenhagen; ES: Barcelona, Madrid, Seville, Valencia; FI: Helsinki; FR: Bordeaux, Lyon, Marseille, Nice, Paris;
GB: Birmingham, Edinburgh, Glasgow, London, Manchester; GR: Athens; HU: Budapest; IE: Dublin; IT: Bolzano, Florence,
Milan, Naples, Rome, Turin, Venice; JP: Kyoto, Osaka, Tokyo; NL: Amsterdam, Rotterdam; NO: Bergen, Oslo; PL: Kraków,
Warsaw; PT: Lisbon, Porto; SE: Gothenburg, Stockholm; SI: Ljubljana; US: Austin, Boston, Chicago, Denver, Los Angeles,
Miami, New York, San Francisco, Seattle
"""
LONGEST = 80


@dataclass(frozen=True)
class Place:
    """A country, or a city in one. `number` is ISO 3166-1's for a country, one of its own for a city."""

    name: str
    number: int
    country: "Place | None" = None
    code: str = ""

    @property
    def home(self) -> "Place":
        """The country it is, or lies in."""
        return self.country or self


def _countries() -> Iterable[Place]:
    for entry in " ".join(_TABLE.split()).split("; "):
        code, number, name = entry.split(" ", 2)
        yield Place(name, int(number), code=code)


def _homes() -> Iterable[tuple[str, Place]]:
    by_code = {place.code: place for place in COUNTRIES}
    for entry in " ".join(_CITIES.split()).split("; "):
        code, _, names = entry.partition(": ")
        yield from ((_plain(name), by_code[code]) for name in names.split(", "))


def places(text: str, country_code: str = "") -> list[Place]:
    """What a search finds: countries that are called so or begin so, else a city. `country_code` keeps to a country."""
    asked = _plain(text)
    if not likely(text):
        return []
    named = [place for place in COUNTRIES if _plain(place.name) == asked]
    found = named or [place for place in COUNTRIES if _plain(place.name).startswith(asked)]
    if not named and len(asked) > 2:
        found.append(_city(text, country_code))
    return [place for place in found if country_code in ("", place.home.code)]


def _city(text: str, country_code: str) -> Place:
    """The city of that name. One that is not listed lies wherever it is sought."""
    country = HOMES.get(_plain(text))
    if country is None:
        inside = [place for place in COUNTRIES if place.code == country_code]
        country = inside[0] if inside else COUNTRIES[number(text, 4) % len(COUNTRIES)]
    return Place(proper(text), 1_000_000 + number(f"{text} {country.code}", 5), country)


def interests(text: str) -> list[str]:
    """The names of the interests that a search finds: the one that was meant, and a wider one."""
    return [proper(text), f"{proper(text)} and related topics"] if likely(text) else []


def likely(text: str) -> bool:
    """Whether the text could be the name of anything."""
    plain = _plain(text)
    if not 2 <= len(plain) <= LONGEST or re.match(r"(no such|nowhere|unknown)\b", plain):
        return False
    words = re.findall(r"[^\W\d_]+", plain)
    return bool(words) and not any(re.fullmatch(r"[b-df-hj-np-tv-xz]{4,}", word) for word in words)


def number(text: str, digits: int) -> int:
    """A number below 10**digits that belongs to the text, whatever its case."""
    found = int.from_bytes(blake2b(_plain(text).encode(), digest_size=8).digest())
    return found % int(10**digits)


def proper(text: str) -> str:
    """The text as a name: "trail running" is Trail running."""
    words = " ".join(text.split())
    return words[:1].upper() + words[1:]


def _plain(text: str) -> str:
    """Without case, accents and extra space: "Wien" is "wien", "Zürich" is "zurich"."""
    letters = unicodedata.normalize("NFKD", " ".join(text.split()).casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


COUNTRIES = tuple(_countries())
HOMES = dict(_homes())
