"""What the rules on credentials find, and what they let pass."""
# ruff: noqa

import hashlib
import hmac
import random
import uuid
from uuid import uuid4


def verify(text, key, registry):
    # ruleid: token-without-algorithms
    jwt.decode(text, key)
    # ruleid: token-without-algorithms
    jws.deserialize_compact(text, key)
    # ruleid: token-without-algorithms
    jwt.decode(text, key, algorithms=None)
    # ruleid: token-without-algorithms
    jwt.decode(text, key, algorithms=["Ed25519", "none"])
    # ok: token-without-algorithms
    jwt.decode(text, key, algorithms=["Ed25519"])
    # ok: token-without-algorithms
    jwt.decode(text, key, registry=registry, algorithms=["Ed25519"])


def compare(given, token, row, stored):
    # ruleid: secret-compared-by-equality
    if given == token:
        return True
    # ruleid: secret-compared-by-equality
    if stored.token_hash != hashlib.sha256(given).digest():
        return False
    # ruleid: secret-compared-by-equality
    if bytes(row.request_hash) == given:
        return True
    # ruleid: secret-compared-by-equality
    if given != stored.password:
        return False
    # ok: secret-compared-by-equality
    if token == "":
        return False
    # ok: secret-compared-by-equality
    if token.kind == TokenKind.REFRESH or len(token) == 43:
        return False
    # ok: secret-compared-by-equality
    return hmac.compare_digest(stored.token_hash, hashlib.sha256(given).digest())


def make():
    # ruleid: secret-by-chance
    code = "".join(random.choice("abcdef") for _ in range(43))
    # ruleid: secret-by-chance
    number = random.getrandbits(256)
    # ruleid: secret-by-chance
    node = uuid.uuid1()
    # ok: secret-by-chance
    pause = 0.5 * random.uniform(0.8, 1.2)
    # ok: secret-by-chance
    fresh = secrets.token_urlsafe(32)
    # ruleid: uuid-as-secret
    refresh_token = uuid4().hex
    # ruleid: uuid-as-secret
    token = str(uuid4())
    # ruleid: uuid-as-secret
    csrf = "umtc_" + uuid4().hex
    # ok: uuid-as-secret
    session = uuid4()
    # ok: uuid-as-secret
    token = jwt.encode(header, {"jti": uuid4().hex}, key)


def tell(log, token, user, settings, credential):
    # ruleid: secret-in-a-log
    log.info("signed in with %s", token)
    # ruleid: secret-in-a-log
    log.warning(f"refused {user.email}")
    # ruleid: secret-in-a-log
    log.debug("key %s", settings.master_key.get_secret_value())
    # ruleid: secret-in-a-log
    self._log.error("sent " + credential)
    # ok: secret-in-a-log
    log.info("session %s began", user.session)
    # ok: secret-in-a-log
    log.info("a token was refused")
    # ruleid: secret-in-an-error
    raise ValueError(f"the token {token} is unknown")


def fail(password, account):
    if account.locked:
        # ruleid: secret-in-an-error
        raise ValueError(f"{password!r} is wrong")
    if account.gone:
        # ruleid: secret-in-an-error
        raise ValueError("no account", account.email)
    # ok: secret-in-an-error
    raise ValueError(f"the password of account {account.id} is wrong")


def weak(text, key):
    # ruleid: weak-hash
    hashlib.md5(text)
    # ruleid: weak-hash
    hashlib.sha1(text).hexdigest()
    # ruleid: weak-hash
    hashlib.new("sha1", text)
    # ruleid: weak-hash
    hmac.digest(key, text, "md5")
    # ruleid: weak-hash
    hmac.new(key, text, hashlib.sha1)
    # ok: weak-hash
    hmac.digest(key, text, hashlib.sha256)


def remember(response, token):
    # ruleid: cookie-without-care
    response.set_cookie("umt_access", token)
    # ruleid: cookie-without-care
    response.set_cookie("umt_access", token, httponly=True, secure=True)
    # ok: cookie-without-care
    response.set_cookie("umt_access", token, httponly=True, secure=True, samesite="lax")
