"""What looks like a credential of ours is in no log line, however it gets there."""

from __future__ import annotations

import base64
import io
import logging
import logging.handlers
import queue
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from umt.application.masking import MASK, MaskedRecord, masked

JWT = jwt.encode({"alg": "Ed25519", "typ": "at+jwt"}, {"sub": "ada"}, OKPKey.generate_key("Ed25519"), ["Ed25519"])
BASIC = base64.b64encode(b"editor:app pass word").decode()
WORD = "p4ss:w0rd"
REFRESH, KEY, INVITATION = (f"umt{kind}_{secrets.token_urlsafe(32)}" for kind in "rki")

CREDENTIALS = {
    "refresh token": (REFRESH, REFRESH),
    "API key": (f"key {KEY}.", KEY),
    "invitation": (f"https://app.example/join?token={INVITATION}", INVITATION),
    "access token": (JWT, JWT),
    "part of an access token": (JWT[:60], JWT[10:60]),
    "bearer": (f"Authorization: Bearer {REFRESH[5:]}", REFRESH[5:]),
    "basic": (f"'authorization': 'Basic {BASIC}'", BASIC),
    "URL": (f"postgresql://umt:{WORD}@db.example/umt", WORD),
    "connection string": (f"host=db password={WORD} dbname=umt", WORD),
    "quoted connection string": (f"host=db password='{WORD} x' dbname=umt", WORD),
}


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """Everything that a logger with a handler of its own writes, as a library's has."""
    before = logging.getLogRecordFactory()
    logging.setLogRecordFactory(MaskedRecord)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("somebody.elses")
    logger.addHandler(handler)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True
    logging.setLogRecordFactory(before)


class Holder:
    """Says what it holds."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"Holder({self.text})"


def raised(logger: logging.Logger, text: str) -> None:
    try:
        try:
            raise ValueError(text)
        except ValueError as error:
            raise RuntimeError("failed") from error
    except RuntimeError:
        logger.exception("failed")


def queued(logger: logging.Logger, text: str) -> None:
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(waiting)
    other = logging.getLogger("somebody.elses.queue")
    other.addHandler(handler)
    other.propagate = False
    other.error("it said %s", text)
    logger.handle(waiting.get())
    other.removeHandler(handler)
    other.propagate = True


WAYS: dict[str, Callable[[logging.Logger, str], object]] = {
    "message": lambda logger, text: logger.error(text),
    "argument": lambda logger, text: logger.error("it said %s", text),
    "repr": lambda logger, text: logger.error("it said %r", text),
    "object": lambda logger, text: logger.error("it said %s", Holder(text)),
    "list": lambda logger, text: logger.error("it said %s", [Holder(text)]),
    "mapping": lambda logger, text: logger.error("it said %(what)s", {"what": text}),
    "child": lambda logger, text: logger.getChild("of.it").warning("it said %s", text),
    "error": lambda logger, text: logger.error("it failed: %s", ValueError(text)),
    "traceback": raised,
    "exc_info": lambda logger, text: logger.error("it failed", exc_info=ValueError(text)),
    "queue": queued,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", CREDENTIALS)
def test_no_log_line_shows_a_credential(output: io.StringIO, kind: str, way: str) -> None:
    text, secret = CREDENTIALS[kind]
    WAYS[way](logging.getLogger("somebody.elses"), text)
    assert MASK in output.getvalue()
    assert secret not in output.getvalue()


def test_the_rest_of_a_line_stays(output: io.StringIO) -> None:
    logging.getLogger("somebody.elses").warning("100%% of %d for %s at %s", 3, "umt_app", "http://127.0.0.1:80/umt_db")
    assert output.getvalue() == "WARNING 100% of 3 for umt_app at http://127.0.0.1:80/umt_db\n"
    assert masked("postgresql://umt:x@db/umt") == f"postgresql://umt:{MASK}@db/umt"
    assert masked("mail to ada@example.com at 10:30") == "mail to ada@example.com at 10:30"


@pytest.mark.parametrize("where", ["main", "thread"])
def test_an_error_that_nobody_caught_is_masked(where: str) -> None:
    program = (
        "import threading\nfrom umt.application.masking import mask_logs\nmask_logs()\n"
        f"def fail():\n    raise ValueError('token ' + {REFRESH[:20]!r} + {REFRESH[20:]!r})\n"
    ) + ("fail()" if where == "main" else "one = threading.Thread(target=fail); one.start(); one.join()")
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert f"ValueError: token umtr_{MASK}" in ended.stderr
    assert REFRESH not in ended.stderr


def test_the_umt_command_masks_what_the_database_says() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "umt.cli.main", "db", "migrate", "--database-url", f"nonsense://umt:{WORD}@nowhere/umt"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert WORD not in ended.stderr + ended.stdout


def test_the_umt_command_masks_what_any_part_of_it_logs() -> None:
    program = (
        "import logging, sys\nfrom umt.cli.main import app, main\n"
        f"@app.command()\ndef say():\n    logging.getLogger('somebody.elses').error('it said %s', {JWT!r})\n"
        "sys.argv = ['umt', 'say']\nmain()\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ended.stderr == f"ERROR somebody.elses: it said eyJ{MASK}\n"
