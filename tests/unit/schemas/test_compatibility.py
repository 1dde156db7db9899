"""What breaks others is refused unless it was accepted, once and narrowly."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from umt.application.compatibility import ACCEPTED, Change, Committed, Gate, acceptances, in_folder

GONE = "Field Brand.slogan was removed."
RENAMED = "Field Brand.name changed type from String! to Name!."


def changes(old: bytes, new: bytes) -> Iterable[Change]:
    """A contract of one change a line; ``?`` begins what only surprises."""
    if old == b"damaged":
        raise ValueError("no contract")
    lines = new.decode().splitlines()
    return [Change(not line.startswith("?"), line.removeprefix("?")) for line in lines if old != new]


def accepting(*patterns: str, on: str = "2027-06-01", why: str = "Nobody used it.") -> str:
    return f"[[accepted]]\non = {on}\nwhy = {why!r}\nchanges = {list(patterns)!r}\n"


class Published:
    """A contract in a folder: what was committed of it, and what is to be."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "contract"
        self.committed: Committed | None = Committed(b"before", b"", pending=True)

    def accepts(self, text: str) -> None:
        self._path.with_name(ACCEPTED).write_text(text)

    def gate(self, *told: str) -> Gate:
        return Gate(self._path, "\n".join(told).encode(), changes, lambda *_: self.committed)

    def broken(self, *told: str) -> list[str]:
        return [each.reason for each in self.gate(*told).broken()]


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


def test_a_breaking_change_is_refused_and_said_how_to_make(published: Published) -> None:
    (reason,) = published.broken(GONE)
    assert reason.startswith(f"{GONE} Keep it, deprecated, and add another beside it; or accept that in ")
    assert reason.endswith("breaking-changes.toml.")


def test_one_that_is_accepted_passes_and_no_other(published: Published) -> None:
    published.accepts(accepting(GONE))
    assert published.broken(GONE) == []
    (reason,) = published.broken(GONE, RENAMED)
    assert reason.startswith(RENAMED)


@pytest.mark.parametrize(
    "pattern", ["Field Brand.* changed type from String! to Name!.", "Field Brand.* changed type from * to *."]
)
def test_a_star_stands_for_one_word(published: Published, pattern: str) -> None:
    published.accepts(accepting(pattern))
    assert published.broken(RENAMED) == []
    assert len(published.broken("Field Brand.a b changed type from String! to Name!.")) == 2
    assert len(published.broken("Field Campaign.name changed type from String! to Name!.")) == 2


@pytest.mark.parametrize(
    "pattern",
    ["*", "* was removed.", "Field * was removed.", "Field Brand* was removed.", "Argument *.brands(first:) was removed.",
     "POST *: it is called * now.", "* /api/v1/x: the body is required now."],
)  # fmt: skip
def test_a_star_may_not_stand_for_whole_types(published: Published, pattern: str) -> None:
    published.accepts(accepting(pattern))
    (reason,) = published.broken(GONE)
    assert "is too wide" in reason


@pytest.mark.parametrize(
    "pattern", ["Argument Query.brands(*:) was removed.", "POST /api/v1/x: it is called * now; it was *."]
)
def test_it_may_stand_for_members_of_one(pattern: str) -> None:
    assert acceptances(accepting(pattern).encode())[0].changes == (pattern,)


def test_an_acceptance_counts_once(published: Published) -> None:
    published.accepts(accepting(GONE))
    published.committed = Committed(b"before", accepting(GONE).encode(), pending=True)
    assert len(published.broken(GONE)) == 1
    published.accepts(accepting(GONE) + accepting(GONE, on="2027-07-01"))
    assert published.broken(GONE) == []


def test_what_is_accepted_but_no_change_is_to_be_taken_out(published: Published) -> None:
    published.accepts(accepting(GONE, RENAMED))
    (difference,) = published.gate(GONE).broken()
    assert (Path(difference.file).name, difference.breaking) == (ACCEPTED, False)
    assert RENAMED in difference.reason


def test_what_was_accepted_before_stays_as_a_record(published: Published) -> None:
    published.accepts(accepting(GONE))
    published.committed = Committed(b"before", accepting(GONE).encode(), pending=True)
    assert published.broken() == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[accepted]", ""),
        ("[[accepted]]\nwhy = 'x'\nchanges = ['y']\n", "missing required field `on`"),
        (accepting(GONE, why=" "), "needs changes, and a reason"),
        (accepting(), "needs changes, and a reason"),
        (accepting(GONE, on="'soon'"), "Invalid RFC3339 encoded date"),
        (accepting(GONE) + "by = 'me'\n", "unknown field `by`"),
        ("[[accept]]\n", "unknown field `accept`"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(published: Published, text: str, reason: str) -> None:
    published.accepts(text)
    (difference,) = published.gate().broken()
    assert (Path(difference.file).name, difference.breaking) == (ACCEPTED, True)
    assert difference.reason.startswith("is damaged: ")
    assert reason in difference.reason


def test_a_contract_that_cannot_be_read_is_refused(published: Published) -> None:
    published.committed = Committed(b"damaged", b"", pending=True)
    assert published.broken(GONE) == ["is damaged: no contract"]


def test_what_only_surprises_is_told_while_it_is_on_its_way(published: Published) -> None:
    assert published.broken("?An optional field Filter.kind was added.") == []
    (told,) = published.gate("?An optional field Filter.kind was added.").surprising()
    assert told.reason == "An optional field Filter.kind was added."
    published.committed = Committed(b"before", b"", pending=False)
    assert list(published.gate("?An optional field Filter.kind was added.").surprising()) == []


def test_without_anything_committed_there_is_nothing_to_break(published: Published) -> None:
    published.committed = None
    assert published.broken(GONE) == []


def test_what_lies_in_a_folder_is_taken_to_be_committed(tmp_path: Path) -> None:
    contract, accepted = tmp_path / "contract", tmp_path / ACCEPTED
    assert in_folder(contract, accepted, b"now") is None
    contract.write_bytes(b"before")
    assert in_folder(contract, accepted, b"now") == Committed(b"before", None, pending=True)
    assert in_folder(contract, accepted, b"before") == Committed(b"before", None, pending=False)
