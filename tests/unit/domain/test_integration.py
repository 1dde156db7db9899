"""Integration: a connection to an account on an outside platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.given import given
from tests.unit.domain.stories import CMS, GOOGLE, at

from umt.domain import integration as decide
from umt.domain.errors import AlreadyExists, InvalidValue, WrongStatus
from umt.domain.integration import (
    CredentialReplaced,
    IntegrationConnected,
    IntegrationDisconnected,
    IntegrationFailed,
    IntegrationRequested,
    IntegrationSynced,
    Status,
)

REQUESTED = (IntegrationRequested(GOOGLE, "123-456", None),)
CONNECTED = (*REQUESTED, IntegrationConnected("Acme Ads", "EUR"))
DISCONNECTED = (*CONNECTED, IntegrationDisconnected())


def test_a_connection_is_asked_for() -> None:
    given().when(decide.request, GOOGLE, " 123-456 ").then(*REQUESTED).then_state(status=Status.REQUESTED)


def test_a_site_has_an_address_without_a_slash_at_its_end() -> None:
    given().when(decide.request, CMS, "editor", "https://blog.acme.example/").then(
        IntegrationRequested(CMS, "editor", "https://blog.acme.example")
    )


@pytest.mark.parametrize("endpoint", ["blog.acme.example", "ftp://acme.example", "https://user:secret@acme.example"])
def test_a_site_needs_a_web_address(endpoint: str) -> None:
    given().when(decide.request, CMS, "editor", endpoint).then_fails(InvalidValue, "endpoint")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://acme.example/?p=1", "https://acme.example/#", "https://acme.example?", "https://acme.example/blog#/",
        "https://acme.example/sites/../_sandbox", "https://acme.example/..", "https://acme.example/./blog",
        "https://acme.example/%2e%2E/blog", "https://acme.example/a%2Fb", "https://acme.example/a%5cb",
        "https://acme.example/%252e%252e/", "https://acme.example/..\\blog",
    ],
)  # fmt: skip
def test_a_sites_address_is_one_to_which_paths_can_be_appended(endpoint: str) -> None:
    given().when(decide.request, CMS, "editor", endpoint).then_fails(InvalidValue, "endpoint")


@pytest.mark.parametrize("endpoint", ["https://acme.example/a.b/..c", "https://acme.example/stra%C3%9Fe"])
def test_dots_within_names_and_encoded_letters_may_stand_in_a_sites_address(endpoint: str) -> None:
    given().when(decide.request, CMS, "editor", endpoint).then(IntegrationRequested(CMS, "editor", endpoint))


def test_a_connection_is_asked_for_once() -> None:
    given(*REQUESTED).when(decide.request, GOOGLE, "123-456").then_fails(AlreadyExists)


def test_the_platform_confirms_the_account() -> None:
    given(*REQUESTED).when(decide.connect, "Acme Ads", "EUR").then(IntegrationConnected("Acme Ads", "EUR")).then_state(
        status=Status.CONNECTED, account_name="Acme Ads", currency="EUR"
    )


def test_the_same_confirmation_again_is_no_news() -> None:
    given(*CONNECTED).when(decide.connect, "Acme Ads", "EUR").then_nothing()


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (" Ac\0me\x1b Ads ", "Acme Ads"),
        ("Acme \u202esdA", "Acme sdA"),
        ("x" * 500, "x" * 200),
        ("\u0958" * 150, "\u0915\u093c" * 100),  # composed form is the longer one
        ("", "123-456"),
        ("\0\n", "123-456"),
        ("\u200b\u3164", "123-456"),
    ],
    ids=ascii,
)
def test_an_accounts_name_is_made_fit_to_keep(told: str, kept: str) -> None:
    given(*REQUESTED).when(decide.connect, told, "EUR").then(IntegrationConnected(kept, "EUR")).when(
        decide.connect, told, "EUR"
    ).then_nothing()


def test_a_refusal_is_kept_without_control_characters() -> None:
    given(*REQUESTED).when(decide.fail, "bad\0\ncreden\x1btial\ud800").then(IntegrationFailed("bad\ncredential")).when(
        decide.fail, "bad\0\ncreden\x1btial\ud800"
    ).then_nothing()
    given(*REQUESTED).when(decide.fail, "\0").then(IntegrationFailed("no reason was given"))


def test_a_refusal_says_why() -> None:
    given(*REQUESTED).when(decide.fail, "bad credential").then(IntegrationFailed("bad credential")).then_state(
        status=Status.FAILED, failure="bad credential"
    ).when(decide.fail, "bad credential").then_nothing()


def test_a_long_refusal_is_cut() -> None:
    given(*REQUESTED).when(decide.fail, "x" * 5000).then(IntegrationFailed("x" * 1000)).when(
        decide.fail, "x" * 5000
    ).then_nothing()


def test_a_new_credential_is_verified_again() -> None:
    given(*REQUESTED, IntegrationFailed("bad credential")).when(decide.replace_credential).then(
        CredentialReplaced()
    ).then_state(status=Status.REQUESTED, failure=None).when(decide.fail, "bad credential").then(
        IntegrationFailed("bad credential")
    )


def test_collected_figures_are_noted_while_connected() -> None:
    moment = at("2026-03-02T02:00Z")
    given(*CONNECTED).when(decide.note_sync, moment).then(IntegrationSynced(moment)).then_state(synced_at=moment)
    given(*REQUESTED).when(decide.note_sync, moment).then_nothing()


def test_a_connection_is_ended_once() -> None:
    given(*CONNECTED).when(decide.disconnect).then(IntegrationDisconnected()).when(decide.disconnect).then_nothing()


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (decide.connect, ("Acme Ads", "EUR")),
        (decide.connect, ("Another", "USD")),
        (decide.fail, ("bad credential",)),
        (decide.note_sync, (at("2026-03-02T02:00Z"),)),
    ],
)
def test_a_late_answer_changes_nothing_about_an_ended_connection(
    decision: Callable[..., Any], answer: tuple[Any, ...]
) -> None:
    given(*DISCONNECTED).when(decision, *answer).then_nothing()


def test_an_ended_connection_gets_no_new_credential() -> None:
    given(*DISCONNECTED).when(decide.replace_credential).then_fails(WrongStatus, "disconnected")
