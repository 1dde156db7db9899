"""Export and erasure as people meet them: on the command line and in GraphQL."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from psycopg import sql
from tests.integration.api.client import PASSWORD, Caller
from tests.integration.api.serving import serving
from tests.integration.privacy.people import Owner, user
from typer.testing import CliRunner

from umt.adapters.postgres.database import OWNER, connect
from umt.bootstrap import System
from umt.cli import privacy
from umt.cli.main import app
from umt.domain.personal import PLACEHOLDER
from umt.domain.workspace import Role
from umt.settings import Settings

EXPORT = """query($user: ID!, $after: String) { subjectExport(user: $user) {
    name email role erased sessions { client } apiKeys { name }
    events(first: 2, after: $after) { nodes { type byThem text fields { name value } } pageInfo { endCursor hasNextPage } }
    securityEvents(first: 20) { nodes { kind } } } }"""


@pytest.fixture(scope="module")
def url(settings: Settings) -> Iterator[str]:
    with serving(settings.model_copy(update={"requests_per_minute": 100_000})) as (address, _):
        yield address


@pytest.fixture
def zoe(wired: System) -> Owner:
    return Owner(wired)


def joined(owner: Caller, role: str) -> Caller:
    """Another member, who accepted an invitation."""
    email = f"{uuid4().hex}@example.com"
    token = owner.mutates("inviteMember", {"email": email, "role": role}, "token")["token"]
    accepted = {"token": token, "password": "correct horse battery", "name": "Kim"}
    made = Caller(str(owner.http.base_url))
    made.email, made.session = email, made.mutates("acceptInvitation", accepted, "token user workspace")
    made.http.headers["Authorization"] = f"Bearer {made.session['token']}"
    return made


def run(data_dir: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the command."""
    done = CliRunner().invoke(app, ["privacy", *arguments, "--data-dir", str(data_dir)])
    return done.exit_code, done.stdout, done.stderr


def test_everybody_may_have_their_own_and_an_admin_anybodys(url: str) -> None:
    owner = Caller(url).registers()
    kim = joined(owner, "ANALYST")
    for caller in (kim, owner):
        found = caller.asks(EXPORT, user=str(kim.user))["subjectExport"]
        assert (found["name"], found["email"], found["role"]) == ("Kim", kim.email, "ANALYST")
        assert len(found["sessions"]) == 1
    refused = kim.fails(EXPORT, user=str(owner.user))
    assert refused["code"] == "FORBIDDEN"


def test_the_events_come_in_pages(url: str) -> None:
    owner = Caller(url).registers()
    brand = owner.brand()
    for number in range(3):
        owner.mutates("renameBrand", {"brand": brand, "name": f"Brand {uuid4()} {number}"})
    types, after, more = [], None, True
    while more:
        page = owner.asks(EXPORT, user=str(owner.user), after=after)["subjectExport"]["events"]
        types += [(node["type"], node["byThem"]) for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert types[0] == ("user.registered", False)
    assert [name for name, by_them in types if by_them] == ["brand.created", *["brand.renamed"] * 3]


def test_somebody_of_another_workspace_is_nobody(url: str) -> None:
    owner, stranger = Caller(url).registers(), Caller(url).registers()
    assert owner.fails(EXPORT, user=str(stranger.user))["code"] == "NOT_FOUND"
    erase = "mutation($user: ID!) { eraseSubject(input: {user: $user}) { position } }"
    assert owner.fails(erase, user=str(stranger.user))["code"] == "NOT_FOUND"


def test_who_was_erased_is_out_at_once(url: str) -> None:
    owner = Caller(url).registers()
    kim = joined(owner, "ADMIN")
    erase = "mutation($user: ID!) { eraseSubject(input: {user: $user}) { erasure { user } } }"
    assert kim.fails(erase, user=str(kim.user))["code"] == "FORBIDDEN"
    owner.asks(erase, user=str(kim.user))
    assert kim.fails("{ me { role } }")["code"] == "UNAUTHENTICATED"
    login = {"email": kim.email, "password": "correct horse battery"}
    assert httpx.post(f"{url}/api/v1/auth/login", json=login).status_code == 401
    found = owner.asks(EXPORT, user=str(kim.user))["subjectExport"]
    assert (found["name"], found["email"], found["erased"], found["role"]) == (PLACEHOLDER, PLACEHOLDER, True, None)


def test_who_was_erased_registers_again_with_another_key(url: str) -> None:
    owner = Caller(url).registers()
    registration = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD, "name": "Ann", "company": "Co"}
    ann = Caller(url)
    ann.session = ann.mutates("register", registration, "token user", key="once")
    ann.http.headers["Authorization"] = f"Bearer {ann.session['token']}"
    joined(ann, "OWNER")
    ann.asks("mutation($user: ID!) { eraseSubject(input: {user: $user}) { position } }", user=str(ann.user))
    refused = Caller(url).refused("register", registration, key="once")
    assert (refused["code"], "use a fresh key" in refused["message"]) == ("CONFLICT", True)
    assert ann.session["user"] not in refused["message"]
    again = Caller(url).mutates("register", registration, "user", key="twice")
    assert again["user"] not in (ann.session["user"], str(owner.user))


def test_the_file_is_its_owners_and_whole(wired: System, zoe: Owner, data_dir: Path, tmp_path: Path) -> None:
    file = tmp_path / "zoe.json"
    assert run(data_dir, "export", zoe.email, "-o", str(file))[0] == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = json.loads(file.read_text())["subjects"][0]
    assert (document["user"], document["name"], document["email"]) == (str(zoe.user), zoe.name, zoe.email)
    assert list(tmp_path.iterdir()) == [file]
    status, _, said = run(data_dir, "export", zoe.email, "-o", str(tmp_path / "missing" / "zoe.json"))
    assert (status, "cannot write" in said) == (2, True)


def test_an_address_is_erased_wherever_it_is(wired: System, zoe: Owner, data_dir: Path) -> None:
    other = Owner(wired)
    there = other.adds(zoe.email, Role.MARKETER)
    zoe.adds(f"{uuid4().hex}@example.com")
    status, output, _ = run(data_dir, "erase", zoe.email, "--json")
    assert status == 0
    erased = json.loads(output)["erased"]
    assert {(each["subject"], each["complete"]) for each in erased} == {(str(zoe.user), True), (str(there), True)}
    assert user(wired, other.workspace, there).name.text == PLACEHOLDER
    assert run(data_dir, "erase", zoe.email)[0] == 2


def test_the_operator_erases_the_only_owner_too_and_is_told(wired: System, zoe: Owner, data_dir: Path) -> None:
    other = Owner(wired)
    there = other.adds(zoe.email, Role.MARKETER)
    status, output, said = run(data_dir, "erase", zoe.email)
    assert (status, output.count("is erased in workspace Co")) == (0, 2)
    assert f"nobody owns workspace Co ({zoe.workspace}) any more" in said
    assert str(other.workspace) not in said
    assert user(wired, other.workspace, there).name.text == PLACEHOLDER
    assert user(wired, zoe.workspace, zoe.user).name.text == PLACEHOLDER
    again = json.loads(run(data_dir, "erase", str(zoe.user), "--json")[1])["erased"]
    assert [(each["ownerless"], each["repeated"], each["complete"]) for each in again] == [(True, True, True)]


@pytest.fixture
def cannot_be_erased(wired: System, zoe: Owner) -> Iterator[Owner]:
    """Somebody whose key the database does not let go."""
    with connect(wired.url, OWNER) as rows:
        rows.execute(
            "CREATE FUNCTION umt.refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'the key of % stays', OLD.subject; END $$"
        )
        trigger = "CREATE TRIGGER refuse BEFORE DELETE ON umt.subject_key FOR EACH ROW WHEN (OLD.subject = {})"
        rows.execute(sql.SQL(trigger + " EXECUTE FUNCTION umt.refuse()").format(zoe.user))
        try:
            yield zoe
        finally:
            rows.execute("DROP FUNCTION umt.refuse CASCADE")


def test_a_workspace_that_refuses_keeps_no_other_from_erasing(
    wired: System, cannot_be_erased: Owner, data_dir: Path
) -> None:
    zoe, other = cannot_be_erased, Owner(wired)
    there = other.adds(zoe.email, Role.MARKETER)
    status, output, _ = run(data_dir, "erase", zoe.email, "--json")
    told = json.loads(output)
    (refused,), (erased,) = told["refused"], told["erased"]
    assert status == 1
    assert (refused["subject"], refused["workspace"], refused["workspace_name"]) == (
        str(zoe.user),
        str(zoe.workspace),
        "Co",
    )
    assert f"the database refuses: the key of {zoe.user} stays" in refused["reason"]
    assert (erased["subject"], erased["workspace_name"], erased["complete"]) == (str(there), "Co", True)
    assert user(wired, other.workspace, there).name.text == PLACEHOLDER
    assert user(wired, zoe.workspace, zoe.user).name.text == zoe.name
    status, output, said = run(data_dir, "erase", zoe.email)
    assert (status, output) == (1, "")
    assert f"{zoe.user} is not erased in workspace Co ({zoe.workspace}): " in said


def test_erasing_again_says_so(wired: System, zoe: Owner, data_dir: Path) -> None:
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    assert "is erased in workspace" in run(data_dir, "erase", str(kim))[1]
    status, output, _ = run(data_dir, "erase", str(kim))
    assert (status, "was erased already" in output) == (0, True)


def test_a_stranger_is_refused(data_dir: Path) -> None:
    for subject in (str(uuid4()), "nobody@example.com"):
        status, _, said = run(data_dir, "erase", subject)
        assert (status, "nobody is known by that id or address" in said) == (2, True)


def test_what_is_not_complete_in_time_names_the_process(
    wired: System, zoe: Owner, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "WAIT_SECONDS", 1)
    kim = zoe.adds(f"{uuid4().hex}@example.com", Role.MARKETER)
    with connect(wired.url, OWNER) as rows:
        rows.execute(
            "INSERT INTO umt.process (id, name, beat_at, erased_to)"
            " VALUES (%s, 'a process that lives but does not forget', now() + interval '1 minute', 0)",
            (uuid4(),),
        )
        try:
            status, _, said = run(data_dir, "erase", str(kim))
        finally:
            rows.execute("DELETE FROM umt.process WHERE name LIKE 'a process that lives%'")
    assert (status, "a process that lives but does not forget did not say" in said) == (1, True)


def test_the_policy_is_shown_and_carried_out(wired: System, data_dir: Path) -> None:
    status, output, _ = run(data_dir, "retention", "--run", "--json")
    shown = {each["name"]: each for each in json.loads(output)}
    assert status == 0
    assert shown["sessions"]["days"] == 30
    assert shown["sessions"]["last"]["deleted"] >= 0
    assert "command_results" in run(data_dir, "retention")[1]
