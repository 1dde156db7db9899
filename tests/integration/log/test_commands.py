"""The command path: idempotent, optimistic, with unique names."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from tests.integration.log.writers import another, through
from tests.integration.people import Person

from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.brand import ArchiveBrand, CreateBrand, DescribeBrand, RenameBrand
from umt.application.errors import Forbidden, IdempotencyConflict
from umt.application.transaction import Outcome
from umt.bootstrap import System
from umt.domain.brand import Brand, Industry
from umt.domain.errors import NameTaken, NotFound, VersionConflict
from umt.domain.workspace import Role

TRADE = Industry("Trade")


def test_the_same_key_gives_the_same_result_and_appends_once(pat: Person) -> None:
    first = pat.does(CreateBrand(name="Once", industry=TRADE), key="k1")
    again = pat.does(CreateBrand(name="Once", industry=TRADE), key="k1")
    assert (again.subject, again.position, again.repeated) == (first.subject, first.position, True)


def test_the_same_key_with_another_request_is_a_conflict(pat: Person) -> None:
    pat.does(CreateBrand(name="This", industry=TRADE), key="k1")
    with pytest.raises(IdempotencyConflict):
        pat.does(CreateBrand(name="That", industry=TRADE), key="k1")


def test_keys_of_two_workspaces_do_not_meet(pat: Person, sam: Person) -> None:
    assert not pat.does(CreateBrand(name="Mine", industry=TRADE), key="same").repeated
    assert not sam.does(CreateBrand(name="Mine", industry=TRADE), key="same").repeated


def test_a_refused_command_is_not_remembered(pat: Person) -> None:
    pat.makes(CreateBrand(name="Taken", industry=TRADE))
    with pytest.raises(NameTaken):
        pat.does(CreateBrand(name="taken ", industry=TRADE), key="k1")
    assert not pat.does(CreateBrand(name="Free", industry=TRADE), key="k1").repeated


def test_one_key_sent_by_many_processes_at_once_is_done_once(wired: System, pat: Person) -> None:
    writers = [another(wired) for _ in range(4)]
    command = CreateBrand(name="Raced", industry=TRADE)

    def send(writer: PostgresWriter) -> Outcome:
        return through(writer).submit(command, pat.context("race")).result()

    with ThreadPoolExecutor(4) as threads:
        outcomes = list(threads.map(send, writers))
    for writer in writers:
        writer.close()
    assert len({outcome.position for outcome in outcomes}) == 1
    assert sum(not outcome.repeated for outcome in outcomes) == 1


def test_sixteen_writers_at_one_version_succeed_once(pat: Person) -> None:
    brand = pat.makes(CreateBrand(name="Contended", industry=TRADE))
    futures: list[Future[Outcome]] = [
        pat.system.dispatcher.submit(
            DescribeBrand(brand=brand, description=f"version {number}", industry=TRADE),
            pat.context(expected_version=1),
        )
        for number in range(16)
    ]
    errors = [error for future in futures if (error := future.exception())]
    assert len(errors) == 15
    assert all(isinstance(error, VersionConflict) and error.actual == 2 for error in errors)


def test_a_name_is_unique_whatever_its_case_and_width_and_free_after_rename_and_archive(pat: Person) -> None:
    first = pat.makes(CreateBrand(name="Straße Ⅳ", industry=TRADE))
    with pytest.raises(NameTaken):
        pat.makes(CreateBrand(name="STRASSE  IV", industry=TRADE))
    pat.does(RenameBrand(brand=first, name="Weg"))
    second = pat.makes(CreateBrand(name="Strasse IV", industry=TRADE))
    pat.does(ArchiveBrand(brand=second))
    pat.makes(CreateBrand(name="Strasse IV", industry=TRADE))


def test_a_thing_of_another_workspace_is_not_there(pat: Person, sam: Person) -> None:
    brand = pat.makes(CreateBrand(name="Private", industry=TRADE))
    with pytest.raises(NotFound):
        sam.does(RenameBrand(brand=brand, name="Stolen"))


def test_an_analyst_changes_nothing(pat: Person) -> None:
    from msgspec.structs import replace

    context = replace(pat.context(), role=Role.ANALYST)
    with pytest.raises(Forbidden):
        pat.system.dispatcher.submit(CreateBrand(name="No", industry=TRADE), context)


def test_state_is_a_fold_of_the_log(wired: System, pat: Person) -> None:
    brand = pat.makes(CreateBrand(name="Folded", industry=TRADE))
    pat.does(DescribeBrand(brand=brand, description="as told", industry=TRADE))
    from umt.domain.event import fold

    state = fold(recorded.event for recorded in wired.source.stream(brand))
    assert state == Brand(name="Folded", industry=TRADE, description="as told")
