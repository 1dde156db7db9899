"""How far read models have come: never said too early."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umt.adapters.postgres import progress
from umt.adapters.postgres.progress import Progress
from umt.domain.brand import BrandCreated
from umt.domain.event import Event
from umt.domain.template import TemplateCreated, TemplateRevised
from umt.projections.table import Projection

HERS, HIS = UUID(int=1), UUID(int=2)
BRANDS, TEMPLATES = BrandCreated.type_name, TemplateCreated.type_name


def projection(name: str, *types: type[Event]) -> Projection:
    made = Projection(name)
    made.folds = dict.fromkeys((t.type_name for t in types), lambda event, at: None)
    return made


PROJECTIONS = {
    p.name: p for p in (projection("brands", BrandCreated), projection("texts", TemplateCreated, TemplateRevised))
}


def begun(head: int = 0) -> Progress:
    made = Progress(PROJECTIONS)
    made.begin(head)
    return made


def test_it_shows_a_position_once_the_events_that_concern_it_are_applied() -> None:
    so_far = begun()
    brands, texts = so_far.places(["brands"]), so_far.places(["texts"])
    so_far.happened(HERS, BRANDS, 1)
    so_far.happened(HERS, TEMPLATES, 2)
    assert not so_far.shows(HERS, 1, brands)
    so_far.reached("brands", 1, 0)
    assert so_far.shows(HERS, 2, brands)
    assert not so_far.shows(HERS, 2, texts)
    assert so_far.shows(HERS, 1, texts)


def test_what_others_do_makes_nobody_wait() -> None:
    so_far = begun()
    so_far.happened(HERS, BRANDS, 1)
    so_far.reached("brands", 1, 0)
    so_far.happened(HIS, BRANDS, 2)
    assert so_far.shows(HERS, 2, so_far.places(["brands"]))
    assert not so_far.shows(HIS, 2, so_far.places(["brands"]))


def test_nothing_is_shown_that_was_not_heard_of() -> None:
    so_far = begun(5)
    so_far.reached("brands", 9, 0)
    assert not so_far.shows(HERS, 6, so_far.places(["brands"]))
    assert so_far.slowest(so_far.places(["brands"])) == 9


def test_what_happened_before_it_began_may_have_been_anything() -> None:
    so_far = begun(5)
    so_far.reached("brands", 4, 0)
    assert not so_far.shows(HERS, 5, so_far.places(["brands"]))
    assert not so_far.shown(HERS, so_far.places(["brands"])).settled
    so_far.reached("brands", 5, 0)
    assert so_far.shown(HERS, so_far.places(["brands"])).settled


def test_a_change_shows_where_it_concerns_and_nowhere_else() -> None:
    so_far = begun()
    brands, texts = so_far.places(["brands"]), so_far.places(["texts"])
    so_far.happened(HERS, BRANDS, 1)
    so_far.reached("brands", 1, 0)
    before = so_far.shown(HERS, brands), so_far.shown(HERS, texts), so_far.shown(HIS, brands)
    so_far.happened(HERS, TEMPLATES, 2)
    so_far.reached("texts", 2, 0)
    after = so_far.shown(HERS, brands), so_far.shown(HERS, texts), so_far.shown(HIS, brands)
    assert [(a.changed, b.changed) for a, b in zip(before, after, strict=True)] == [(1, 1), (0, 2), (0, 0)]
    assert {shown.position for shown in after} == {2}


def test_what_is_about_to_be_shown_has_not_changed_yet() -> None:
    so_far = begun()
    brands = so_far.places(["brands"])
    so_far.happened(HERS, BRANDS, 1)
    so_far.reached("brands", 3, 0)
    before = so_far.standing(HERS, brands)
    so_far.happened(HIS, BRANDS, 2)
    so_far.happened(HERS, BRANDS, 4)
    assert so_far.standing(HERS, brands) == before
    assert so_far.shown(HERS, brands).position == 3
    so_far.reached("brands", 4, 0)
    assert so_far.standing(HERS, brands) != before


@pytest.mark.parametrize("happens", ["rebuilt", "begun again"])
def test_tables_that_may_be_others_are_another_epoch(happens: str) -> None:
    so_far = begun(7)
    brands = so_far.places(["brands"])
    so_far.reached("brands", 7, 1)
    before = so_far.shown(HERS, brands)
    if happens == "rebuilt":
        assert so_far.reached("brands", 7, 2)
    else:
        so_far.begin(7)
    assert so_far.shown(HERS, brands).epoch != before.epoch


def test_who_is_forgotten_changed_no_later_than_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MOST_WORKSPACES", 1)
    so_far = begun()
    brands = so_far.places(["brands"])
    so_far.happened(HERS, BRANDS, 1)
    so_far.happened(HIS, BRANDS, 2)
    so_far.happened(HIS, BRANDS, 3)
    so_far.reached("brands", 0, 0)
    assert not so_far.shows(HERS, 1, brands)
    assert so_far.shown(HERS, brands).changed == 1


EVENTS = st.lists(st.tuples(st.sampled_from([HERS, HIS]), st.sampled_from([BRANDS, TEMPLATES])), max_size=20)


@given(EVENTS, st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 21), st.integers(1, 4))
def test_it_is_never_said_too_early(
    events: list[tuple[UUID, str]], begins: int, brands: int, texts: int, asked: int, most: int
) -> None:
    """Whatever it begins with and forgets: what it says is shown is applied, and it stays as it is while it says so."""
    checkpoints = {"brands": min(brands, len(events)), "texts": min(texts, len(events))}
    types = {"brands": {BRANDS}, "texts": {TEMPLATES}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "MOST_WORKSPACES", most)
        so_far = begun(min(begins, len(events)))
        for position, (workspace, type_name) in enumerate(events, 1):
            if position > begins:
                so_far.happened(workspace, type_name, position)
    for name, checkpoint in checkpoints.items():
        so_far.reached(name, checkpoint, 0)
    for workspace in (HERS, HIS):
        for name, checkpoint in checkpoints.items():
            place = so_far.places([name])
            concern = [p for p, (w, t) in enumerate(events, 1) if w == workspace and t in types[name]]
            shown = so_far.shown(workspace, place)
            if so_far.shows(workspace, asked, place):
                assert asked <= len(events)
                assert all(p <= checkpoint for p in concern if p <= asked)
            assert so_far.shows(workspace, shown.position, place)
            assert shown.changed >= max(concern, default=0)
            if not begins and most > 1:
                assert shown.changed == max(concern, default=0)
