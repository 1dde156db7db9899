"""People who come together in one workspace, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
from tests.integration.api.client import PASSWORD, Caller

from umt.bootstrap import System


def invited(by: Caller, email: str, role: str, **given: Any) -> str:
    """The token of a fresh invitation."""
    token: str = by.mutates("inviteMember", {"email": email, "role": role, **given}, "token")["token"]
    return token


def accepts(newcomer: Caller, token: str, **given: Any) -> Caller:
    """The invited person signs in by accepting."""
    acceptance = {"token": token, "password": PASSWORD, "name": "Nell", **given}
    newcomer.session = newcomer.mutates("acceptInvitation", acceptance, "token user workspace role position")
    newcomer.http.headers["Authorization"] = f"Bearer {newcomer.session['token']}"
    return newcomer


def joined(owner: Caller, role: str) -> Caller:
    """Somebody new who accepted an invitation to the owner's workspace."""
    newcomer = Caller(str(owner.http.base_url))
    return accepts(newcomer, invited(owner, newcomer.email, role))


def api_key(by: Caller, *scopes: str, **given: Any) -> Caller:
    """A program that works by a fresh key."""
    made = by.mutates("createApiKey", {"name": "Nightly", "scopes": list(scopes), **given}, "key apiKey { id }")
    program = Caller(str(by.http.base_url))
    program.session = {"key": made["key"], "id": made["apiKey"]["id"]}
    program.http.headers["Authorization"] = f"Bearer {made['key']}"
    return program


def service_account(by: Caller, name: str, role: str) -> str:
    """The id of a new one."""
    wanted = "workspace { members { kind user { id name } } }"
    members = by.mutates("addServiceAccount", {"name": name, "role": role}, wanted)["workspace"]["members"]
    (found,) = (m["user"]["id"] for m in members if (m["kind"], m["user"]["name"]) == ("SERVICE", name))
    return str(found)


def signs_in(url: str, email: str, password: str = PASSWORD, **given: Any) -> httpx.Response:
    return httpx.post(f"{url}/api/v1/auth/login", json={"email": email, "password": password, **given})


def brought_up_to_date(system: System) -> None:
    """Everything recorded is in the read models."""
    head = system.source.head()
    for projector in system.projectors():
        projector.reach(head)
