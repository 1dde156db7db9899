"""Who somebody is: signing in, sessions and their tokens, passwords and the guessing of them."""

from umt.application.identity.access import AccessClaims, AccessTokens
from umt.application.identity.api_keys import ApiKeys
from umt.application.identity.guessing import Attempt, Guessing
from umt.application.identity.hashing import Hashing
from umt.application.identity.passwords import Passwords
from umt.application.identity.service import Identity
from umt.application.identity.session import Membership, OpenSession, Session
from umt.application.identity.store import OwnAccount, Refresh, Refreshed, SessionStore, SignIn

__all__ = [
    "AccessClaims",
    "AccessTokens",
    "ApiKeys",
    "Attempt",
    "Guessing",
    "Hashing",
    "Identity",
    "Membership",
    "OpenSession",
    "OwnAccount",
    "Passwords",
    "Refresh",
    "Refreshed",
    "Session",
    "SessionStore",
    "SignIn",
]
