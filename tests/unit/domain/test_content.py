"""Content: from a brief to a published text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace
from tests.given import given
from tests.unit.domain.stories import (
    BRAND,
    BRIEF,
    BUILT_IN,
    CMS,
    INSTAGRAM,
    LINKEDIN,
    STRATEGY,
    History,
    approved_content,
    archived_content,
    at,
    drafted_content,
    planned_content,
    published_content,
    requested_content,
    selected_content,
    variation,
)

from umt.domain import content as decide
from umt.domain.content import (
    Brief,
    ContentApproved,
    ContentArchived,
    ContentPublished,
    ContentRejected,
    ContentRequested,
    PublicationFailed,
    PublicationRetried,
    PublicationScheduled,
    Status,
    StrategyProposed,
    VariationRevised,
    VariationSelected,
    VariationsGenerated,
)
from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, NotReady, WrongStatus

PAGE = "https://acme.example/spring"
TOMORROW = at("2026-03-02T09:00+01:00")


# Asking


def test_a_content_begins_with_a_brief() -> None:
    given().when(decide.request, BRAND, BRIEF, BUILT_IN).then(ContentRequested(BRAND, BRIEF, BUILT_IN)).then_state(
        status=Status.REQUESTED, brief=BRIEF
    )


def test_a_content_is_requested_once() -> None:
    given(*requested_content()).when(decide.request, BRAND, BRIEF, BUILT_IN).then_fails(AlreadyExists)


@pytest.mark.parametrize(
    ("brief", "field"),
    [
        (replace(BRIEF, title=""), "brief.title"),
        (replace(BRIEF, goal=""), "brief.goal"),
        (replace(BRIEF, keywords=("fine", "")), "brief.keywords.1"),
        (replace(BRIEF, variations=0), "brief.variations"),
        (replace(BRIEF, variations=11), "brief.variations"),
        (replace(BRIEF, channels=()), "brief.channels"),
        (replace(BRIEF, channels=(CMS, CMS)), "brief.channels"),
    ],
)
def test_a_brief_says_what_is_wanted(brief: Brief, field: str) -> None:
    given().when(decide.request, BRAND, brief, BUILT_IN).then_fails(InvalidValue, field)


# Planning and drafting


def test_a_strategy_makes_a_plan_of_the_request() -> None:
    given(*requested_content()).when(decide.propose_strategy, STRATEGY).then(StrategyProposed(STRATEGY)).then_state(
        status=Status.PLANNED, strategy=STRATEGY
    ).when(decide.propose_strategy, STRATEGY).then_fails(WrongStatus, "planned")


def test_variations_make_a_draft_of_the_plan() -> None:
    given(*planned_content()).when(decide.add_variations, [variation(1), variation(2)]).then(
        VariationsGenerated((variation(1), variation(2)))
    ).then_state(status=Status.DRAFTED)


def test_more_variations_may_come_until_one_is_selected() -> None:
    given(*drafted_content()).when(decide.add_variations, [variation(3)]).then(
        VariationsGenerated((variation(3),))
    ).then_state(lambda content: [v.number for v in content.variations] == [1, 2, 3])
    given(*selected_content()).when(decide.add_variations, [variation(3)]).then_fails(WrongStatus, "selected")


def test_variations_need_a_plan() -> None:
    given(*requested_content()).when(decide.add_variations, [variation(1)]).then_fails(WrongStatus, "requested")


@pytest.mark.parametrize("numbers", [(), (3, 3), (2, 3)])
def test_every_variation_has_a_number_of_its_own(numbers: tuple[int, ...]) -> None:
    given(*drafted_content()).when(decide.add_variations, [variation(n) for n in numbers]).then_fails(
        InvalidValue, "number of its own"
    )


@pytest.mark.parametrize("part", ["headline", "body"])
def test_a_variation_says_something(part: str) -> None:
    given(*planned_content()).when(decide.add_variations, [replace(variation(1), **{part: " "})]).then_fails(
        InvalidValue, part
    )


@pytest.mark.parametrize("history", [drafted_content(), selected_content()], ids=["drafted", "selected"])
def test_a_person_edits_a_variation_before_the_approval(history: History) -> None:
    given(*history).when(decide.revise_variation, 1, "Hello spring", "Come in.").then(
        VariationRevised(1, "Hello spring", "Come in.")
    ).then_state(lambda content: content.variation(1).revision == 2).when(
        decide.revise_variation, 1, "Hello spring ", "Come in."
    ).then_nothing()


def test_what_was_approved_is_not_edited() -> None:
    given(*approved_content()).when(decide.revise_variation, 1, "Hello", "Come in.").then_fails(WrongStatus)


def test_only_a_variation_that_exists_is_edited() -> None:
    given(*drafted_content()).when(decide.revise_variation, 9, "Hello", "Come in.").then_fails(NotFound, "9")


# Choosing and approving


def test_a_variation_is_selected_and_another_instead() -> None:
    given(*drafted_content()).when(decide.select_variation, 1).then(VariationSelected(1)).then_state(
        status=Status.SELECTED, selected=1
    ).when(decide.select_variation, 1).then_nothing().when(decide.select_variation, 2).then_state(selected=2)


def test_only_a_variation_that_exists_is_selected() -> None:
    given(*drafted_content()).when(decide.select_variation, 9).then_fails(NotFound, "variation 9")


def test_the_selected_variation_is_approved() -> None:
    given(*selected_content()).when(decide.approve, "user:anna").then(ContentApproved("user:anna")).then_state(
        status=Status.APPROVED, approved_by="user:anna"
    ).when(decide.approve, "user:ben").then_fails(WrongStatus, "approved")


@pytest.mark.parametrize(
    "history", [requested_content(), planned_content(), drafted_content()], ids=["requested", "planned", "drafted"]
)
def test_nothing_is_approved_before_it_is_selected(history: History) -> None:
    given(*history).when(decide.approve, "user:anna").then_fails(NotReady, "Select a variation")


def test_a_rejection_leads_back_to_a_new_choice() -> None:
    given(*selected_content()).when(decide.reject, "user:anna", "too loud").then(
        ContentRejected("user:anna", "too loud")
    ).then_state(status=Status.DRAFTED, selected=None).when(decide.select_variation, 1).then(VariationSelected(1))


def test_a_rejection_has_a_reason() -> None:
    given(*selected_content()).when(decide.reject, "user:anna", " ").then_fails(InvalidValue, "reason")


@pytest.mark.parametrize("history", [drafted_content(), approved_content()], ids=["drafted", "approved"])
def test_only_a_selection_is_rejected(history: History) -> None:
    given(*history).when(decide.reject, "user:anna", "too loud").then_fails(WrongStatus)


# Publishing


def test_a_channel_waits_for_its_time() -> None:
    given(*planned_content()).when(decide.schedule, CMS, TOMORROW).then(PublicationScheduled(CMS, TOMORROW)).then_state(
        lambda content: content.publication(CMS).scheduled_for == TOMORROW
    ).when(decide.schedule, CMS, TOMORROW).then_nothing()


def test_a_time_without_an_offset_is_no_time() -> None:
    noon = datetime(2026, 3, 2, 12)  # noqa: DTZ001
    given(*planned_content()).when(decide.schedule, CMS, noon).then_fails(InvalidValue, "time zone")


def test_only_channels_of_the_brief_are_scheduled_and_published() -> None:
    given(*planned_content()).when(decide.schedule, LINKEDIN, TOMORROW).then_fails(NotFound, "linkedin")
    given(*approved_content()).when(decide.confirm_publication, LINKEDIN, PAGE, "7").then_fails(NotFound, "linkedin")
    given(*approved_content()).when(decide.fail_publication, LINKEDIN, "no").then_fails(NotFound, "linkedin")
    given(*approved_content()).when(decide.retry_publication, LINKEDIN).then_fails(NotFound, "linkedin")


def test_after_the_approval_the_schedule_stands() -> None:
    given(*approved_content()).when(decide.schedule, CMS, TOMORROW).then_fails(WrongStatus, "approved")


def test_a_content_is_published_when_its_last_channel_is() -> None:
    given(*approved_content(CMS, LINKEDIN)).when(decide.confirm_publication, CMS, PAGE, "7").then(
        ContentPublished(CMS, PAGE, "7")
    ).then_state(status=Status.APPROVED).when(decide.confirm_publication, LINKEDIN, PAGE, "8").then_state(
        status=Status.PUBLISHED
    )


@pytest.mark.parametrize("history", [selected_content(), drafted_content()], ids=["selected", "drafted"])
def test_nothing_is_published_before_the_approval(history: History) -> None:
    given(*history).when(decide.confirm_publication, CMS, PAGE, "7").then_fails(WrongStatus)


@pytest.mark.parametrize(
    ("page", "external_id", "field"),
    [
        ("javascript:alert(1)", "7", "url"),
        ("/spring", "7", "url"),
        ("https://acme.example/\0", "7", "url"),
        (PAGE, "", "externalId"),
        (PAGE, "7\0", "externalId"),
        (PAGE, "7" * 201, "externalId"),
    ],
    ids=ascii,
)
def test_a_publication_has_an_address_and_an_id(page: str, external_id: str, field: str) -> None:
    given(*approved_content()).when(decide.confirm_publication, CMS, page, external_id).then_fails(InvalidValue, field)


def test_a_failed_publications_reason_is_kept_without_control_characters() -> None:
    given(*approved_content()).when(decide.fail_publication, CMS, "site\0 is\x1b\ndown" + "!" * 2000).then(
        PublicationFailed(CMS, "site is\ndown" + "!" * 988)
    )


def test_a_publication_that_failed_without_a_reason_can_be_tried_again() -> None:
    given(*approved_content()).when(decide.fail_publication, CMS, "\0").then(
        PublicationFailed(CMS, "no reason was given")
    ).when(decide.retry_publication, CMS).then(PublicationRetried(CMS))


def test_a_failed_publication_is_tried_again() -> None:
    given(*approved_content()).when(decide.fail_publication, CMS, "site is down").then(
        PublicationFailed(CMS, "site is down")
    ).then_state(lambda content: content.publication(CMS).failure == "site is down").when(
        decide.retry_publication, CMS
    ).then(PublicationRetried(CMS)).then_state(lambda content: content.publication(CMS).failure is None)


def test_there_is_no_retry_of_what_has_not_failed() -> None:
    given(*approved_content()).when(decide.retry_publication, CMS).then_fails(NotReady, "nothing to retry")


def test_a_publication_that_succeeds_after_all_has_not_failed() -> None:
    given(*approved_content(), PublicationFailed(CMS, "timed out")).when(
        decide.confirm_publication, CMS, PAGE, "7"
    ).then_state(lambda content: content.publication(CMS).failure is None, status=Status.PUBLISHED)


def test_a_late_answer_of_a_channel_changes_nothing() -> None:
    given(*published_content()).when(decide.confirm_publication, CMS, "https://acme.example/other", "8").then_nothing()
    one_done = given(*approved_content(CMS, INSTAGRAM), ContentPublished(CMS, PAGE, "7"))
    one_done.when(decide.confirm_publication, CMS, PAGE, "7").then_nothing()
    one_done.when(decide.fail_publication, CMS, "timed out").then_nothing()


def test_a_failure_is_told_once() -> None:
    given(*approved_content(), PublicationFailed(CMS, "site is down")).when(
        decide.fail_publication, CMS, "site is down"
    ).then_nothing()


# Putting away


@pytest.mark.parametrize(
    "history",
    [
        requested_content(),
        planned_content(),
        drafted_content(),
        selected_content(),
        approved_content(),
        published_content(),
    ],
    ids=["requested", "planned", "drafted", "selected", "approved", "published"],
)
def test_a_content_is_archived_from_everywhere(history: History) -> None:
    given(*history).when(decide.archive).then(ContentArchived()).then_state(status=Status.ARCHIVED).when(
        decide.archive
    ).then_nothing()


@pytest.mark.parametrize(
    ("decision", "asked"),
    [
        (decide.propose_strategy, (STRATEGY,)),
        (decide.add_variations, ([variation(3)],)),
        (decide.revise_variation, (1, "Hello", "Come in.")),
        (decide.select_variation, (2,)),
        (decide.approve, ("user:anna",)),
        (decide.reject, ("user:anna", "too loud")),
        (decide.schedule, (CMS, TOMORROW)),
        (decide.confirm_publication, (CMS, PAGE, "7")),
        (decide.fail_publication, (CMS, "no")),
        (decide.retry_publication, (CMS,)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_nothing_about_an_archived_content_changes(decision: Callable[..., Any], asked: tuple[Any, ...]) -> None:
    given(*archived_content()).when(decision, *asked).then_fails(WrongStatus, "archived")
