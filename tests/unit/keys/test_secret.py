"""A secret is shown by nothing but `reveal`."""

from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import pytest

from umt.application.ports import Connection
from umt.domain.platform import Platform
from umt.domain.secret import Secret

TEXT = "s3cret-and-sound"


@dataclass
class Holder:
    secret: Secret


def raising(secret: Secret) -> str:
    try:
        raise ValueError("refused", secret)
    except ValueError:
        return traceback.format_exc()


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r:>30}".format,
        lambda secret: f"{secret:>40}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - as logging does
        lambda secret: str([secret, {"key": secret}]),
        lambda secret: repr(Holder(secret)),
        lambda secret: repr(Connection(Platform.CMS, "blog", secret)),
        lambda secret: json.dumps({"secret": secret}, default=str),
        lambda secret: repr(msgspec.structs.asdict(Connection(Platform.CMS, "blog", secret))),
        raising,
    ],
)
def test_no_way_of_printing_shows_it(show: Callable[[Secret], str]) -> None:
    assert TEXT not in show(Secret(TEXT))


@pytest.mark.parametrize(
    "serialise",
    [
        json.dumps,
        msgspec.json.encode,
        msgspec.msgpack.encode,
        msgspec.to_builtins,
        pickle.dumps,
        lambda secret: msgspec.json.encode(Connection(Platform.CMS, "blog", secret)),
    ],
)
def test_nothing_serialises_it(serialise: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError):
        serialise(Secret(TEXT))


def test_it_is_equal_to_its_like_only_and_tells_whether_it_is_empty() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert hash(Secret(TEXT)) == hash(Secret(TEXT))
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT
    assert Secret("\ud800") != Secret("ключ")
    assert Secret(TEXT)
    assert not Secret("")
    assert Secret(TEXT).reveal() == TEXT
