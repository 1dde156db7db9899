"""What the tests of keys ask of an installation."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import sql
from tests.integration.people import Person

from umt.adapters.postgres.database import OWNER, connect
from umt.adapters.postgres.key_rotation import WRAPPED, Rotated
from umt.adapters.vault.keys import wrapping
from umt.adapters.vault.sealing import unseal
from umt.bootstrap import System, key_keeping
from umt.domain.secret import Secret
from umt.domain.user import User
from umt.settings import Settings


def url(settings: Settings) -> str:
    assert settings.database_url
    return settings.database_url.get_secret_value()


def key_file(settings: Settings) -> Path:
    assert settings.data_dir
    return settings.data_dir / "master.key"


def master_key(settings: Settings) -> bytes:
    return base64.b64decode(key_file(settings).read_bytes())


def rotate(settings: Settings) -> Rotated:
    with key_keeping(settings) as keys:
        return keys.rotate_master(lambda table, rows: None)


def rotate_signing(settings: Settings) -> str:
    with key_keeping(settings) as keys:
        return keys.rotate_signing().kid


def umt(settings: Settings, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run of the command in a process of its own."""
    return run([sys.executable, "-m", "umt.cli.main", *arguments], settings, **environment)


def run(command: Sequence[str], settings: Settings, **environment: str) -> subprocess.CompletedProcess[str]:
    given = {"UMT_DATA_DIR": str(settings.data_dir), "UMT_DATABASE_URL": url(settings), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=given | environment, capture_output=True, text=True, timeout=120, check=False)


def wrapped_rows(settings: Settings) -> list[tuple[str, bytes]]:
    """What each wrapped key belongs to, and its sealed bytes."""
    with connect(url(settings), OWNER) as owner:
        return [
            (wrapped.name(key), sealed)
            for wrapped in WRAPPED
            for key, sealed in owner.execute(
                sql.SQL("SELECT {}, sealed FROM {}").format(
                    sql.Identifier(wrapped.column), sql.Identifier("umt", wrapped.table)
                )
            )
        ]


def opened_by(master: bytes, settings: Settings) -> list[str]:
    """Which wrapped keys this master key opens."""
    cipher = wrapping(master)
    return [name for name, sealed in wrapped_rows(settings) if unseal(cipher, sealed, name) is not None]


def stored_events(settings: Settings) -> list[tuple[Any, ...]]:
    with connect(url(settings), OWNER) as owner:
        return owner.execute("SELECT position, body, metadata FROM umt.event ORDER BY position").fetchall()


def name_of(person: Person, system: System) -> str:
    """A person's name, as this system reads it from the log."""
    system.writer.forget()
    name = system.writer.run(person.context(), lambda tx: tx.get(User, person.user).name.text).result()
    return str(name)


def keep(person: Person, system: System, text: str) -> None:
    system.writer.run(person.context(), lambda tx: tx.put_secret("blog", text)).result()


def kept(person: Person, system: System) -> str | None:
    found: Secret | None = system.writer.run(person.context(), lambda tx: tx.secret("blog")).result()
    return found.reveal() if found else None
