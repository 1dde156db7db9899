"""Plain text, its length, its placeholders and the words that it must not say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from umt.adapters.writers.plain_text import AvoidedWords, clip, fill, has_markup, plain
from umt.domain.values import text, unique_key

AVOID = AvoidedWords(["cheap", "game changer", "ß-free", "!"])


@pytest.mark.parametrize(
    "said",
    ["cheap", "A CHEAP shoe", "(Cheap)", "ｃｈｅａｐ", "Game\n  Changer", "SS-FREE", "Now!"],
)
def test_a_word_to_avoid_is_found_in_any_case_and_width(said: str) -> None:
    assert AVOID.found_in(said)


@pytest.mark.parametrize("said", ["cheaper", "on the cheapside", "a changer of games", ""])
def test_a_part_of_a_word_is_not_that_word(said: str) -> None:
    assert not AVOID.found_in(said)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("A cheap, solid shoe", "A solid shoe"),
        ("Solid and cheap. Try it!", "Solid and. Try it"),
        ("# Cheap\n\nText\n\n- cheap\n- solid", "Text\n\n- solid"),
        ("It is a game\nchanger now", "It is a\nnow"),
        ("a game cheap changer b", "a b"),
        ("cheap CHEAP Cheap", ""),
    ],
)
def test_words_to_avoid_are_left_out(said: str, left: str) -> None:
    assert AVOID.without(said) == left


@given(st.text(max_size=200), st.lists(st.text(min_size=1, max_size=4), max_size=5))
def test_nothing_to_avoid_is_left_whatever_the_words(said: str, words: list[str]) -> None:
    left = AvoidedWords(words).without(said)
    assert len(left) <= len(said)
    for word in filter(str.isalnum, map(unique_key, words)):
        assert not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", unique_key(left))


@given(st.text(max_size=60), st.integers(1, 40), st.booleans())
def test_what_is_made_plain_and_clipped_passes_the_domain(value: str, longest: int, lines: bool) -> None:
    made = clip(plain(value, lines=lines), longest)
    assert text(made, "field", longest=longest, empty=True) == made
    assert not has_markup(made)
    assert lines or len(made.splitlines()) <= 1


def test_nested_words_to_avoid_are_left_out_at_once() -> None:
    """One pass suffices, or a template of this kind would keep the process busy for a minute."""
    assert AvoidedWords(["a b"]).without("a " * 5000 + "b " * 5000) == ""


def test_a_text_is_cut_after_a_whole_word() -> None:
    assert clip("Durable shoes, repairable boots", 16) == "Durable shoes…"


def test_a_placeholder_is_filled_once_and_an_unknown_one_stays() -> None:
    values = {"brand": "{goal}", "goal": "grow"}
    mould = "{brand} {unknown} {0} {brand.__class__} {goal!r} %s {goal}"
    assert fill(mould, values) == "{goal} {unknown} {0} {brand.__class__} {goal!r} %s grow"


@pytest.mark.parametrize(
    "value", ["<b>", "</p", "<!-- x", "< script >", "[x](JavaScript:alert(1))", "data:text/html,x"]
)
def test_markup_is_recognised(value: str) -> None:
    assert has_markup(value)


@pytest.mark.parametrize("value", ["5 < 6 > 4", "I <3 hiking", "# A heading\n- a point", "Our data: good"])
def test_plain_signs_are_no_markup(value: str) -> None:
    assert not has_markup(value)
