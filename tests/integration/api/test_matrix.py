"""Every operation, for every kind of actor, with things of their own workspace, of another one and of nobody, and with every
kind of credential that must not open anything."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.following import first_answer
from tests.integration.api.inputs import EVERY, Ids
from tests.integration.api.operations import Operation, operations
from tests.integration.api.recording import decided, recommended, recorded, runs, started
from tests.integration.api.routes import code_of as code_of_route
from tests.integration.api.routes import routes

from umt.application.permissions import PEOPLE_ONLY, ROLES, Permission
from umt.bootstrap import System
from umt.domain.recommendation import Recommendation
from umt.domain.workspace import Role

SHUT: Final = {"FORBIDDEN", "UNAUTHENTICATED", "INTERNAL"}
OF_ONESELF: Final = {
    "logout",
    "changePassword",
    "endSession",
    "sessions",
    "POST /api/v1/auth/logout",
    "POST /api/v1/auth/password",
}
"""What a person does to their own session: it would end the matrix half way, so other tests do it."""
SCOPES: Final = sorted(p for p in Permission if p not in PEOPLE_ONLY and ROLES[p])


class Company:
    """A workspace with a person and an API key for each role, and one of each thing."""

    def __init__(self, url: str, wired: System) -> None:
        self.owner = Caller(url).registers()
        self.people = {Role.OWNER: self.owner} | {
            role: self._joins(url, role) for role in Role if role is not Role.OWNER
        }
        self.keys = {role: self._program(url, role) for role in Role}
        self.narrow = self._key(url, self.owner.user, [Permission.CAMPAIGN_READ])
        brand, spare = self.owner.brand(), self._joins(url, Role.ANALYST)
        self.ids: Ids = {
            "brand": brand,
            "content": self.owner.content(brand),
            "campaign": self.owner.campaign(brand),
            "template": self.owner.makes("createTemplate", "template", EVERY["createTemplate"]({})),
            "integration": self.owner.makes("connectIntegration", "integration", EVERY["connectIntegration"]({})),
            "adSet": str(uuid4()),
            "user": str(spare.user),
            "invitation": self._invites(Role.ANALYST)["invitation"]["id"],
            "apiKey": self._makes_key(self.owner.user, [Permission.CAMPAIGN_READ])["apiKey"]["id"],
            "session": str(uuid4()),
            "run": str(uuid4()),
            "recommendation": str(uuid4()),
        }
        campaign, run = self.ids["campaign"], UUID(self.ids["run"])
        runs(wired, self.owner, (run, [started(campaign), decided(campaign)]))
        recorded(wired, self.owner, Recommendation, (UUID(self.ids["recommendation"]), [recommended(run, campaign)]))

    def actor(self, kind: str, role: Role) -> Caller:
        return (self.people if kind == "person" else self.keys)[role]

    def _invites(self, role: Role) -> Any:
        given = {"email": f"{uuid4()}@example.com", "role": role.name}
        return self.owner.mutates("inviteMember", given, "token invitation { id }")

    def _joins(self, url: str, role: Role) -> Caller:
        caller = Caller(url)
        given = {"token": self._invites(role)["token"], "name": "Sam", "password": PASSWORD}
        caller.session = caller.mutates("acceptInvitation", given, "token user workspace role")
        caller.http.headers["Authorization"] = f"Bearer {caller.session['token']}"
        return caller

    def _program(self, url: str, role: Role) -> Caller:
        """A key with all scopes there are, of a service account in the role; of the owner, who is a person."""
        holder = self.owner.user
        if role is not Role.OWNER:
            self.owner.mutates("addServiceAccount", {"name": f"Robot {role}", "role": role.name})
            members = self.owner.asks("{ workspace { members { user { id name } role } } }")["workspace"]["members"]
            holder = next(m["user"]["id"] for m in members if m["user"]["name"] == f"Robot {role}")
        return self._key(url, holder, SCOPES)

    def _key(self, url: str, holder: Any, scopes: list[Permission]) -> Caller:
        caller = Caller(url)
        caller.http.headers["Authorization"] = f"Bearer {self._makes_key(holder, scopes)['key']}"
        return caller

    def _makes_key(self, holder: Any, scopes: list[Permission]) -> Any:
        given = {"name": "Robot", "scopes": [scope.value for scope in scopes], "holder": str(holder)}
        return self.owner.mutates("createApiKey", given, "key apiKey { id }")


@pytest.fixture(scope="module")
def ours(url: str, wired: System) -> Company:
    return Company(url, wired)


@pytest.fixture(scope="module")
def theirs(url: str, wired: System) -> Company:
    return Company(url, wired)


@pytest.fixture
def nothing(ours: Company) -> list[Operation]:
    """Every operation, on things that are nowhere."""
    return operations({name: str(uuid4()) for name in ours.ids})


def code_of(answer: dict[str, Any]) -> str:
    """The code of the answer's first error; OK without one."""
    return str(answer["errors"][0]["extensions"]["code"]) if answer.get("errors") else "OK"


def asked(caller: Caller, operation: Operation) -> dict[str, Any]:
    if operation.follows:
        return first_answer(caller, operation.document, operation.variables)
    return caller.posts(operation.document, operation.variables)


def may(kind: str, role: Role, needs: tuple[Permission, ...]) -> bool:
    return all(role in ROLES[p] and (kind == "person" or p not in PEOPLE_ONLY) for p in needs)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ["person", "key"])
def test_what_a_role_may_and_may_not(ours: Company, nothing: list[Operation], kind: str, role: Role) -> None:
    """Authorisation comes before everything else: on a thing that is nowhere, who may is told so, who may not is refused."""
    caller = ours.actor(kind, role)
    found, expected = {}, {}
    for operation in nothing:
        if operation.name in OF_ONESELF and kind == "person":
            continue
        code = code_of(asked(caller, operation))
        found[operation.name] = "may" if code not in SHUT else code
        expected[operation.name] = "may" if may(kind, role, operation.needs) else "FORBIDDEN"
    assert found == expected


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", ["person", "key"])
def test_what_a_role_may_and_may_not_by_rest(ours: Company, kind: str, role: Role) -> None:
    caller = ours.actor(kind, role)
    nowhere = {route.name: route for route in routes({name: str(uuid4()) for name in ours.ids})}
    wanted = [route for name, route in nowhere.items() if not (name in OF_ONESELF and kind == "person")]
    found = {route.name: code_of_route(route.asked(caller.http)) for route in wanted}
    expected = {route.name: may(kind, role, route.needs) for route in wanted}
    assert {name: code not in SHUT for name, code in found.items()} == expected
    assert {code for code in found.values() if code in SHUT} <= {"FORBIDDEN"}
    of_things = {found[route.name] for route in wanted if route.of_thing and expected[route.name]}
    assert of_things <= {"NOT_FOUND"}


def test_a_key_is_cut_to_its_scopes(ours: Company) -> None:
    found = {o.name: code_of(asked(ours.narrow, o)) for o in operations(ours.ids)}
    found |= {route.name: code_of_route(route.asked(ours.narrow.http)) for route in routes(ours.ids)}
    opened = {name for name, code in found.items() if code not in SHUT}
    assert opened == {
        "campaign",
        "campaigns",
        "CampaignConnection.totalCount",
        "GET /api/v1/campaigns",
        "GET /api/v1/campaigns/{campaign}",
        "campaignsChanged",
        "CampaignsChange.campaigns",
    }
    assert set(found.values()) - {"OK"} == {"FORBIDDEN"}


@pytest.mark.parametrize("kind", ["person", "key"])
def test_things_of_another_workspace_are_as_if_they_were_nowhere(ours: Company, theirs: Company, kind: str) -> None:
    """The answer is the same, letter by letter, as for an id that was never given; and nothing happens to them."""
    caller = ours.actor(kind, Role.OWNER)
    before = theirs.owner.asks("{ workspace { eventCount } agentActivity { position } }")
    nowhere = {name: str(uuid4()) for name in theirs.ids}
    for foreign, absent in zip(operations(theirs.ids), operations(nowhere), strict=True):
        if foreign.thing and foreign.name not in OF_ONESELF:
            assert without(theirs.ids, asked(caller, foreign)) == without(nowhere, asked(caller, absent)), foreign.name
    for there, absent_there in zip(routes(theirs.ids), routes(nowhere), strict=True):
        if there.of_thing:
            of_foreign, of_absent = there.asked(caller.http), absent_there.asked(caller.http)
            assert (of_foreign.status_code, code_of_route(of_foreign)) == (404, "NOT_FOUND"), there.name
            assert without(theirs.ids, of_foreign.json()) == without(nowhere, of_absent.json()), there.name
    after = theirs.owner.asks("{ workspace { eventCount } }")
    assert after["workspace"] == before["workspace"]


def without(ids: Ids, answer: dict[str, Any]) -> str:
    text = json.dumps(answer)
    for identifier in ids.values():
        text = text.replace(identifier, "…")
    return text


def test_an_owner_reaches_their_own_things(ours: Company) -> None:
    """What is asked for in this matrix is really there: nothing is refused or not found."""
    found = {o.name: code_of(asked(ours.owner, o)) for o in operations(ours.ids) if not o.changes}
    assert {name: code for name, code in found.items() if code != "OK" and name not in OF_ONESELF} == {}
    read = [route for route in routes(ours.ids) if route.method == "GET"]
    assert {code_of_route(route.asked(ours.owner.http)) for route in read} == {"OK"}


# Credentials


@pytest.fixture(scope="module")
def wrong_credentials(url: str, wired: System, ours: Company) -> dict[str, str]:
    """Everything that looks like a credential and is none, or none any more; by what is wrong with it."""
    good = ours.people[Role.MARKETER].session["token"]
    header, payload, signature = good.split(".")
    key = wired.signing_keys.signing()
    claims = jwt.decode(good, key, algorithms=["Ed25519"]).claims
    public = key.as_pem(private=False)

    def signed(
        with_key: Any, algorithm: str = "Ed25519", kid: Any = key.kid, typ: Any = "at+jwt", **changed: Any
    ) -> str:
        head = {name: value for name, value in (("alg", algorithm), ("kid", kid), ("typ", typ)) if value is not None}
        body = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(head, body, with_key, algorithms=[algorithm])

    other = OKPKey.generate_key("Ed25519", {"kid": str(key.kid)})
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    forged_payload = jwt.encode({"alg": "Ed25519", "kid": key.kid}, {**claims, "sub": str(ours.owner.user)}, other,
                                algorithms=["Ed25519"]).split(".")[1]  # fmt: skip
    return {
        "expired": signed(key, iat=claims["iat"] - 7200, exp=claims["iat"] - 3600),
        "tampered signature": f"{header}.{payload}.{flipped}",
        "tampered payload": f"{header}.{forged_payload}.{signature}",
        "no signature": f"{header}.{payload}.",
        "signed by another key": signed(other),
        "of an unknown key": signed(OKPKey.generate_key("Ed25519"), kid="unknown"),
        "without a key id": signed(key, kid=None),
        "algorithm none": _by_hand({"alg": "none", "kid": key.kid, "typ": "at+jwt"}, claims, b"").rpartition(".")[0]
        + ".",
        "HS256 with the public key": _by_hand({"alg": "HS256", "kid": key.kid, "typ": "at+jwt"}, claims, public),
        "of another issuer": signed(key, iss="somebody"),
        "without an end": signed(key, exp=None),
        "not valid yet": signed(key, iat=claims["iat"] + 3600, nbf=claims["iat"] + 3600, exp=claims["exp"] + 3600),
        "of another session": signed(key, sid=str(uuid4())),
        "of another workspace": signed(key, ws=str(uuid4())),
        "of another user": signed(key, sub=str(ours.owner.user)),
        "of another type": signed(key, typ="JWT"),
        "revoked": _revoked(url, ours),
        "of a removed member": _removed(ours),
        "a revoked API key": _revoked_key(ours),
        "an unknown API key": "umtk_" + "A" * 43,
        "a refresh token": ours.people[Role.MARKETER].mutates("login", _login(ours), "refreshToken")["refreshToken"],
        "nonsense": "nonsense",
        "ten kilobytes": "e" * 10_000,
    }


def _by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A token that no library would make: signed by HMAC with something that is public."""
    told = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = base64.urlsafe_b64encode(hmac.digest(secret, b".".join(told), "sha256")).rstrip(b"=")
    return b".".join((*told, signature)).decode()


def _login(ours: Company) -> dict[str, Any]:
    return {"email": ours.owner.email, "password": PASSWORD}


def _revoked(url: str, ours: Company) -> str:
    caller = Caller(url)
    token = caller.mutates("login", _login(ours), "token")["token"]
    caller.http.headers["Authorization"] = f"Bearer {token}"
    caller.mutates("logout", {}, "sessions")
    return str(token)


def _removed(ours: Company) -> str:
    leaving = ours._joins(str(ours.owner.http.base_url), Role.ADMIN)
    ours.owner.mutates("removeMember", {"user": str(leaving.user)})
    return str(leaving.session["token"])


def _revoked_key(ours: Company) -> str:
    made = ours._makes_key(ours.owner.user, SCOPES)
    ours.owner.mutates("revokeApiKey", {"key": made["apiKey"]["id"], "reason": "lost"})
    return str(made["key"])


def test_no_wrong_credential_opens_anything(url: str, ours: Company, wrong_credentials: dict[str, str]) -> None:
    """Each is refused by every operation, and the answer does not tell what is wrong with the token or the key."""
    wanted = operations(ours.ids)
    said = set()
    for what, credential in wrong_credentials.items():
        caller = Caller(url)
        caller.http.headers["Authorization"] = f"Bearer {credential}"
        answers = {o.name: asked(caller, o) for o in wanted if o.name != "logout"}
        assert {name: code_of(a) for name, a in answers.items()} == dict.fromkeys(answers, "UNAUTHENTICATED"), what
        said |= {json.dumps([e["message"] for e in a["errors"]]) for a in answers.values()}
    assert len(said) == 2


def test_without_a_credential_nothing_is_answered(url: str, ours: Company) -> None:
    nobody = Caller(url)
    answers = {o.name: code_of(asked(nobody, o)) for o in operations(ours.ids)}
    assert answers == dict.fromkeys(answers, "UNAUTHENTICATED")


def test_no_wrong_credential_opens_a_route(url: str, ours: Company, wrong_credentials: dict[str, str]) -> None:
    said = set()
    for what, credential in wrong_credentials.items():
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {credential}"}) as http:
            answers = {route.name: route.asked(http) for route in routes(ours.ids)}
        assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 401), what
        said |= {answer.json()["detail"] for name, answer in answers.items() if name != "POST /api/v1/auth/logout"}
    assert len(said) == 2, "of a token and of an API key; not what is wrong with it"


def test_without_a_credential_no_route_is_open(url: str, ours: Company) -> None:
    with httpx.Client(base_url=url) as http:
        answers = {route.name: route.asked(http) for route in routes(ours.ids)}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 401)
    assert {answer.headers["www-authenticate"] for answer in answers.values()} == {"Bearer"}


def test_a_key_is_nobodys_session(ours: Company) -> None:
    of_sessions = [route for route in routes(ours.ids) if route.name in OF_ONESELF]
    for key in ours.keys.values():
        assert {route.asked(key.http).status_code for route in of_sessions} == {403}
