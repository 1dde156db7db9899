"""A process that reads a person's name from the log whenever it is asked: a line of standard input each time."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from umt.bootstrap import system
from umt.domain.user import UserRegistered
from umt.settings import Settings


def main() -> None:
    person = UUID(sys.argv[2])
    with system(Settings(data_dir=Path(sys.argv[1]))) as wired:
        for _ in sys.stdin:
            first = wired.source.stream(person)[0].event
            assert isinstance(first, UserRegistered)
            sys.stdout.write(f"{first.name.text}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
