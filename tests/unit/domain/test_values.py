"""The checks that several contexts share."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from umt.domain.errors import InvalidValue
from umt.domain.values import colour, text, time_zone, told, unique_key, url


def test_text_is_trimmed_and_composed() -> None:
    assert text("  Cafe\u0301 ", "name") == "Caf\u00e9"


def test_line_breaks_and_tabs_may_stand_in_a_text() -> None:
    assert text("one\ntwo\tthree\r\nfour", "body") == "one\ntwo\tthree\r\nfour"


@pytest.mark.parametrize("written", ["a\0b", "a\x1bb", "a\x7fb", "a\x85b", "a\ud800b"])
def test_control_characters_and_half_characters_are_refused(written: str) -> None:
    with pytest.raises(InvalidValue, match="name: must not contain control characters"):
        text(written, "name")


def test_text_is_empty_only_where_that_is_allowed() -> None:
    assert text(" ", "description", empty=True) == ""
    with pytest.raises(InvalidValue, match="name: must not be empty"):
        text(" \n ", "name")


@pytest.mark.parametrize(
    "written", ["\u200b", "\u3164", " \u00ad\u2060 ", "\u200b\n\u200b", "\ufeff", "\u2800", "\u202e"], ids=ascii
)
def test_what_shows_nothing_is_empty(written: str) -> None:
    with pytest.raises(InvalidValue, match="name: must not be empty"):
        text(written, "name")
    assert text(written, "name", empty=True) == ""


@pytest.mark.parametrize("written", ["👩\u200d💻", "می\u200cخواهم", "a\u3164b"], ids=ascii)
def test_invisible_characters_may_stand_between_visible_ones(written: str) -> None:
    assert text(written, "name") == written


@pytest.mark.parametrize("sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", ids=ascii)
def test_what_turns_the_direction_of_writing_is_refused(sign: str) -> None:
    with pytest.raises(InvalidValue, match="name: must not contain characters that turn the direction"):
        text(f"invoice{sign}fdp.exe", "name")


@given_any(st.text(st.characters(exclude_categories=()), max_size=80), st.integers(1, 40))
def test_what_others_say_is_made_fit_to_be_a_text(said: str, longest: int) -> None:
    fit = told(said, longest=longest)
    assert told(fit, longest=longest) == fit
    if text(fit, "words", longest=longest, empty=True):
        assert text(fit, "words", longest=longest) == fit


def test_text_has_a_greatest_length() -> None:
    assert text("x" * 200, "name") == "x" * 200
    with pytest.raises(InvalidValue, match="has 201 characters; at most 200"):
        text("x" * 201, "name")


@given_any(st.text(max_size=80))
def test_clean_text_stays_as_it_is(written: str) -> None:
    try:
        cleaned = text(written, "name", empty=True)
    except InvalidValue:
        return
    assert text(cleaned, "name", empty=True) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Acme Inc.", "ACME INC."),
        ("Acme Inc.", "  acme   inc. "),
        ("Straße", "STRASSE"),
        ("Ａｃｍｅ", "acme"),  # full width
        ("ﬁne", "FINE"),  # ligature
        ("Cafe\u0301", "Caf\u00e9"),
        ("İstanbul", "i\u0307stanbul"),
    ],
)
def test_names_that_look_the_same_are_one_name(one: str, other: str) -> None:
    assert unique_key(one) == unique_key(other)


def test_names_that_differ_are_two() -> None:
    assert unique_key("Acme") != unique_key("Acme 2")


@given_any(st.text(max_size=40))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert unique_key(unique_key(name)) == unique_key(name)


def test_a_colour_is_six_digits_in_upper_case() -> None:
    assert colour("#ff5733", "primaryColor") == "#FF5733"


@pytest.mark.parametrize("written", ["", "ff5733", "#ff573", "#ff57333", "#gg5733", "red", "#FF5733\n", "#fff"])
def test_anything_else_is_no_colour(written: str) -> None:
    with pytest.raises(InvalidValue, match="primaryColor"):
        colour(written, "primaryColor")


@pytest.mark.parametrize(
    "address",
    ["https://example.com", "http://localhost:8080/a?b=c#d", "https://müller.example/straße", "https://[::1]/"],
)
def test_a_web_address_is_absolute(address: str) -> None:
    assert url(address, "url") == address


@pytest.mark.parametrize(
    "address",
    [
        "", "example.com", "/page", "//example.com", "https://", "https:///page", "ftp://example.com", "javascript:alert(1)",
        "data:text/html,x", "https://exa mple.com", "https://example.com/a b", "https://example.com:port/", "https://[::1",
        "https://example.com/a\nb", "https://example.com/\t", "\0https://example.com", " https://example.com",
        "https://example.com/\x7f", "https://example.com/\ud800", "https://example.com/\u2028", "https://example.com/" + "x" * 2000,
    ],
    ids=ascii,
)  # fmt: skip
def test_anything_else_is_no_web_address(address: str) -> None:
    with pytest.raises(InvalidValue, match="is not a web address"):
        url(address, "url")


@pytest.mark.parametrize(
    "address", ["https://user:secret@example.com", "https://user@example.com", "https://:secret@example.com"]
)
def test_a_web_address_carries_no_credentials(address: str) -> None:
    with pytest.raises(InvalidValue, match="must not contain credentials") as refused:
        url(address, "url")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_has_an_iana_name(zone: str) -> None:
    assert time_zone(zone) == zone


@pytest.mark.parametrize("zone", ["", "CEST+2", "Mars/Phobos", "/etc/passwd", "../UTC", "Europe", "a\0b", "x" * 300])
def test_anything_else_is_no_time_zone(zone: str) -> None:
    with pytest.raises(InvalidValue, match="timeZone"):
        time_zone(zone)
