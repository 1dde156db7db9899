"""Commands that wait together share one commit, and each fails alone."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from tests.integration.log.writers import another, busy, through
from tests.integration.people import Person

from umt.adapters.postgres.database import WORKER, connect
from umt.adapters.postgres.writer import PostgresWriter
from umt.application.commands.analytics import record_performance
from umt.application.commands.brand import ArchiveBrand, CreateBrand, DescribeBrand, RenameBrand
from umt.application.dispatch import Command, CommandKey
from umt.application.transaction import Outcome, Transaction
from umt.bootstrap import System
from umt.domain import brand
from umt.domain.brand import Brand, Industry
from umt.domain.errors import AlreadyExists, InvalidValue, NameTaken, NotFound, WrongStatus
from umt.domain.performance import Figures, Record
from umt.domain.platform import Platform
from umt.domain.secret import Secret

TRADE = Industry("Trade")


@pytest.fixture
def writer(wired: System) -> Iterator[PostgresWriter]:
    made = another(wired)
    yield made
    made.close()


def create(name: str) -> CreateBrand:
    return CreateBrand(name=name, industry=TRADE)


def together(writer: PostgresWriter, *commands: tuple[Person, Command]) -> list[Future[Outcome]]:
    with busy(writer):
        return [through(writer).submit(command, person.context()) for person, command in commands]


def commits(wired: System, outcomes: list[Outcome]) -> list[datetime]:
    """When the last event of each was recorded: one append has one time."""
    with connect(wired.url, WORKER) as connection:
        rows = connection.execute(
            "SELECT recorded_at FROM umt.event WHERE position = ANY(%s) ORDER BY position",
            ([outcome.position for outcome in outcomes],),
        ).fetchall()
    return [recorded_at for (recorded_at,) in rows]


def test_what_waits_together_is_committed_together_and_in_order(
    wired: System, pat: Person, writer: PostgresWriter
) -> None:
    outcomes = [future.result() for future in together(writer, *((pat, create(f"Brand {n}")) for n in range(10)))]
    positions = [outcome.position for outcome in outcomes]
    assert positions == list(range(positions[0], positions[0] + 10))
    assert len(set(commits(wired, outcomes))) == 1


def test_each_decides_on_what_the_earlier_ones_decided(pat: Person, writer: PostgresWriter) -> None:
    first = pat.makes(create("First"))
    renamed, taken, freed, archived, refused = together(
        writer,
        (pat, RenameBrand(brand=first, name="Second")),
        (pat, create("SECOND")),
        (pat, create("First")),
        (pat, ArchiveBrand(brand=first)),
        (pat, RenameBrand(brand=first, name="Third")),
    )
    assert renamed.result().subject == archived.result().subject == first
    assert freed.result().subject != first
    assert isinstance(taken.exception(), NameTaken)
    assert isinstance(refused.exception(), WrongStatus)


def test_each_fails_alone(wired: System, pat: Person, writer: PostgresWriter) -> None:
    contended, plain = pat.makes(create("Contended")), pat.makes(create("Plain"))
    for known in (contended, plain):
        through(writer).submit(DescribeBrand(brand=known, description="seen", industry=TRADE), pat.context()).result()
    pat.does(RenameBrand(brand=contended, name="Moved by another process"))
    pat.makes(create("Held by another process"))
    refused, raced, taken, broken, fine = together(
        writer,
        (pat, RenameBrand(brand=uuid4(), name="Nobody")),
        (pat, DescribeBrand(brand=contended, description="raced", industry=TRADE)),
        (pat, create("Held by another process")),
        (pat, DescribeBrand(brand=plain, description="a\0b", industry=TRADE)),
        (pat, DescribeBrand(brand=plain, description="fine", industry=TRADE)),
    )
    assert isinstance(refused.exception(), NotFound)
    assert isinstance(taken.exception(), NameTaken)
    assert isinstance(broken.exception(), InvalidValue)
    assert (raced.result().events, fine.result().events) == (1, 1)
    assert [type(recorded.event) for recorded in wired.source.stream(contended)] == [
        brand.BrandCreated,
        brand.BrandDescribed,
        brand.BrandRenamed,
        brand.BrandDescribed,
    ]
    assert [recorded.version for recorded in wired.source.stream(plain)] == [1, 2, 3]


def test_what_is_known_and_made_again_does_not_break_its_group(
    wired: System, pat: Person, writer: PostgresWriter
) -> None:
    known = through(writer).submit(create("Known"), pat.context()).result().subject
    assert known

    def make_again(tx: Transaction) -> None:
        tx.create(Brand, known, brand.create, "Known again", TRADE)

    with busy(writer):
        again = writer.execute(pat.context(), make_again, CommandKey(uuid4().hex, b""))
        futures = [through(writer).submit(create(f"With it {n}"), pat.context()) for n in range(3)]
    assert isinstance(again.exception(), AlreadyExists)
    assert len(set(commits(wired, [future.result() for future in futures]))) == 1


def test_the_second_report_of_a_month_does_not_break_its_group(
    wired: System, pat: Person, writer: PostgresWriter
) -> None:
    campaign = uuid4()

    def report(day: int) -> Future[Outcome]:
        def work(tx: Transaction) -> None:
            records = [Record("ad", date(2026, 3, day), Figures(impressions=day))]
            record_performance(tx, campaign, Platform.GOOGLE, "EUR", datetime(2026, 4, 1, tzinfo=UTC), records)

        return writer.execute(pat.context(), work, CommandKey(uuid4().hex, b""))

    report(1).result()
    with busy(writer):
        futures = [*(through(writer).submit(create(f"Brand {n}"), pat.context()) for n in range(3)), report(2)]
    assert len(set(commits(wired, [future.result() for future in futures]))) == 1


def test_after_a_refused_group_the_next_one_is_shared_again(wired: System, pat: Person, writer: PostgresWriter) -> None:
    pat.makes(create("Held"))
    held, _ = together(writer, (pat, create("Held")), (pat, create("Free")))
    assert isinstance(held.exception(), NameTaken)
    outcomes = [future.result() for future in together(writer, *((pat, create(f"Later {n}")) for n in range(4)))]
    assert len(set(commits(wired, outcomes))) == 1


def test_one_key_twice_in_a_group_is_done_once(pat: Person, writer: PostgresWriter) -> None:
    with busy(writer):
        first, again = (through(writer).submit(create("Once"), pat.context("key")) for _ in range(2))
    assert again.result() == Outcome(first.result().subject, first.result().position, 1, repeated=True)


def test_a_group_of_two_workspaces_leaks_nothing(
    wired: System, pat: Person, sam: Person, writer: PostgresWriter
) -> None:
    private = pat.makes(create("Private"))
    seen: dict[str, object] = {}

    def look(person: str, keep: str | None) -> object:
        def work(tx: Transaction) -> None:
            tx.create(Brand, uuid4(), brand.create, f"Of {person}", TRADE)
            seen[person] = (tx.load(Brand, private) is not None, tx.secret("key"), tx.holder("brand", "Private"))  # type: ignore[attr-defined]
            if keep:
                tx.put_secret("key", keep)

        return work

    pat.system.writer.execute(pat.context(), lambda tx: tx.put_secret("key", "of Pat"), None).result()
    with busy(writer):
        futures = [
            writer.execute(person.context(), look(name, keep), CommandKey(uuid4().hex, b""))  # type: ignore[arg-type]
            for name, person, keep in (
                ("pat", pat, None),
                ("sam", sam, "of Sam"),
            )
        ]
        stolen = through(writer).submit(RenameBrand(brand=private, name="Stolen"), sam.context())
        renamed = through(writer).submit(RenameBrand(brand=private, name="Kept"), pat.context())
        stolen_again = through(writer).submit(RenameBrand(brand=private, name="Stolen"), sam.context())
    outcomes = [future.result() for future in futures]
    assert seen == {"pat": (True, Secret("of Pat"), private), "sam": (False, None, None)}
    assert isinstance(stolen.exception(), NotFound)
    assert isinstance(stolen_again.exception(), NotFound)
    assert len(set(commits(wired, [*outcomes, renamed.result()]))) == 1
    assert secret(pat) == "of Pat"
    assert secret(sam) == "of Sam"


def secret(person: Person) -> str | None:
    found: Secret | None = person.system.writer.run(person.context(), lambda tx: tx.secret("key")).result()
    return found.reveal() if found else None


def test_rows_that_an_earlier_command_writes_are_seen(pat: Person, writer: PostgresWriter) -> None:
    seen: list[Secret | None] = []

    def keep(tx: Transaction) -> None:
        tx.put_secret("key", "kept")

    def look(tx: Transaction) -> None:
        seen.append(tx.secret("key"))

    with busy(writer):
        futures = [writer.execute(pat.context(), work, CommandKey(uuid4().hex, b"")) for work in (keep, look)]
    assert all(future.result() for future in futures)
    assert set(seen) == {Secret("kept")}


def test_a_new_persons_key_is_stored_with_their_events_or_not_at_all(wired: System, writer: PostgresWriter) -> None:
    from umt.application.commands.identity import Register
    from umt.application.transaction import Context
    from umt.domain.recorded import Actor, ActorKind

    def register(user: UUID, email: str) -> Future[Outcome]:
        command = Register(email=email, name="New Person", company="Co", user=user, password_hash="x")
        return through(writer).submit(command, Context(workspace=uuid4(), actor=Actor(ActorKind.SYSTEM, "test")))

    address, first, second = f"{uuid4()}@example.com", uuid4(), uuid4()
    with busy(writer):
        accepted, refused = register(first, address), register(second, address)
    assert accepted.result()
    assert refused.exception()
    assert register(second, f"{uuid4()}@example.com").result()
    with connect(wired.url, WORKER) as connection:
        kept = connection.execute("SELECT subject FROM umt.subject_key WHERE subject = ANY(%s)", ([first, second],))
        assert {subject for (subject,) in kept.fetchall()} == {first, second}


def test_what_is_done_about_a_failure_rests_on_what_was_read_before_it(pat: Person, writer: PostgresWriter) -> None:
    """Not on what this process remembers of a stream that another one has moved."""
    known = pat.makes(create("Remembered"))
    writer.run(pat.context(), lambda tx: tx.get(Brand, known)).result()
    pat.does(RenameBrand(brand=known, name="Moved"))

    def work(tx: Transaction) -> str:
        try:
            with tx.attempt():
                if tx.get(Brand, known).name == "Remembered":
                    raise ValueError("this is not so any more")
        except ValueError as error:
            tx.create(Brand, uuid4(), brand.create, "Made of a failure", TRADE)
            return str(error)
        return "as it is"

    assert writer.run(pat.context(), work).result() == "as it is"


def test_what_is_only_looked_at_is_what_the_log_has(pat: Person, writer: PostgresWriter) -> None:
    known = pat.makes(create("Looked at"))
    writer.run(pat.context(), lambda tx: tx.get(Brand, known)).result()
    pat.does(RenameBrand(brand=known, name="Elsewhere"))
    assert writer.run(pat.context(), lambda tx: tx.get(Brand, known).name).result() == "Elsewhere"
