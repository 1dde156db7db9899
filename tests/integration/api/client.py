"""A caller of the API over real HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx

PASSWORD = "correct horse battery"


SESSIONS = frozenset({"login", "refresh", "logout", "changePassword", "endSession"})
"""The mutations that are about sessions and so no commands: no idempotency key, no version."""


class Caller:
    """Somebody who speaks to the API; after `registers` as the owner of a workspace of their own."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30)
        self.email = f"{uuid4()}@example.com"
        self.session: dict[str, Any] = {}

    def registers(self) -> Caller:
        given = {"email": self.email, "password": PASSWORD, "name": "Pat", "company": "Co"}
        self.session = self.mutates("register", given, "token user workspace role position")
        self.http.headers["Authorization"] = f"Bearer {self.session['token']}"
        return self

    @property
    def workspace(self) -> UUID:
        return UUID(self.session["workspace"])

    @property
    def user(self) -> UUID:
        return UUID(self.session["user"])

    def posts(self, query: str, variables: Any = None, **more: Any) -> dict[str, Any]:
        """The whole answer."""
        answer: dict[str, Any] = self.http.post(
            "/graphql", json={"query": query, "variables": variables, **more}
        ).json()
        return answer

    def asks(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = self.posts(query, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def fails(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of an answer: its extensions and message."""
        answer = self.posts(query, variables)
        (error,) = answer["errors"]
        return {**error["extensions"], "message": error["message"]}

    def mutates(self, name: str, given: Any, wanted: str = "position repeated", **arguments: Any) -> Any:
        return self.asks(_mutation(name, wanted), input=given, **arguments)[name]

    def refused(self, name: str, given: Any, wanted: str = "__typename", **arguments: Any) -> dict[str, Any]:
        return self.fails(_mutation(name, wanted), input=given, **arguments)

    def refusal(self, name: str, given: Any, **arguments: Any) -> str:
        """The one code, of the mutation's own, for which it was refused."""
        error = f"errors {{ ... on {name[0].upper()}{name[1:]}Error {{ code }} }}"
        (refused,) = self.mutates(name, given, error, **arguments)["errors"]
        return str(refused["code"])

    def makes(self, name: str, thing: str, given: Any) -> str:
        """The id of what the mutation made."""
        made: str = self.mutates(name, given, f"{thing} {{ id }}")[thing]["id"]
        return made

    def brand(self, name: str | None = None) -> str:
        return self.makes("createBrand", "brand", {"name": name or f"Brand {uuid4()}", "industry": {"name": "Outdoor"}})

    def content(self, brand: str) -> str:
        brief = {"title": "Trail shoes", "goal": "sell shoes"}
        return self.makes("requestContent", "content", {"brand": brand, "brief": brief})

    def campaign(self, brand: str, **given: Any) -> str:
        return self.makes("createCampaign", "campaign", campaign_of(brand, **given))


def campaign_of(brand: str, **given: Any) -> dict[str, Any]:
    """What `createCampaign` takes."""
    return {
        "brand": brand,
        "name": "Spring",
        "objective": "SALES",
        "totalBudget": {"amount": "6000", "currency": "EUR"},
        "schedule": {"startsOn": "2026-01-05", "endsOn": "2026-02-05", "timeZone": "Europe/Vienna"},
        "platforms": ["GOOGLE", "FACEBOOK"],
        **given,
    }


def _mutation(name: str, wanted: str) -> str:
    versions = name not in SESSIONS and name != "register" and not name.startswith("accept")
    version = ("$version: Int", "expectedVersion: $version") if versions else ("", "")
    key = ("", "") if name in SESSIONS else ("$key: String", "idempotencyKey: $key")
    takes = f"{name[0].upper()}{name[1:]}Input!"
    return (
        f"mutation($input: {takes} {key[0]} {version[0]})"
        f" {{ {name}(input: $input {key[1]} {version[1]}) {{ {wanted} }} }}"
    )
