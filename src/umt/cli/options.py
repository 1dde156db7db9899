"""Options that every command takes, and how commands end.

Exit status: 0 done, 1 the thing asked about does not hold, 2 wrong use or unusable input.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from umt.settings import Settings

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        envvar="UMT_DATA_DIR",
        readable=False,
        show_default="this checkout's own",
        help="Where data is kept.",
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option("--database-url", envvar="UMT_DATABASE_URL", help="An external database instead of the embedded one."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else on standard output.")]


def settings_from(data_dir: Path | None, database_url: str | None, **more: Any) -> Settings:
    """The environment's settings with these on top; what is wrong is said by name."""
    given: dict[str, Any] = {"data_dir": data_dir, "database_url": SecretStr(database_url) if database_url else None}
    try:
        return Settings(**{name: value for name, value in (given | more).items() if value is not None})
    except SettingsError as error:
        named = re.search(r'field "(\w+)"', str(error))
        fail(
            f"setting UMT_{named[1].upper() if named else '…'} cannot be read: it is written as JSON, "
            'a list like ["https://app.example.com"] or an object like {"sessions": 7}'
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        said = wrong["msg"].removeprefix("Value error, ")
        fail(f"setting UMT_{'_'.join(map(str, wrong['loc'])).upper()}: {said}" if wrong["loc"] else said)


def fail(message: str, status: int = 2) -> NoReturn:
    """End with a message to people."""
    sys.stderr.write(f"umt: {message}\n")
    raise typer.Exit(status)


def print_json(document: Any) -> None:
    """The one document of ``--json``."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")
    sys.stdout.flush()
