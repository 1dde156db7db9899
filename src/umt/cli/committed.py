"""What git has of a published contract."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

from umt.application.compatibility import Committed, in_folder


def last_committed(contract: Path, accepted: Path, published: bytes) -> Committed | None:
    """The contract as it is in HEAD; if that is what is published already, as it was before the commit that made it so,
    which has to hold, too. Where git has nothing of it, what lies in the folder."""
    head = _shown("HEAD", contract)
    if head is None:
        return in_folder(contract, accepted, published)
    if head != published:
        return Committed(head, _shown("HEAD", accepted) or b"", pending=True)
    made_so = _git(contract, "log", "-1", "--format=%H", "--", contract.name)
    before = f"{made_so.decode().strip()}^" if made_so else ""
    known = _shown(before, contract)
    return None if known is None else Committed(known, _shown(before, accepted) or b"", pending=False)


def _shown(commit: str, file: Path) -> bytes | None:
    return _git(file, "show", f"{commit}:./{file.name}")


def _git(file: Path, *arguments: str) -> bytes | None:
    """What git says, asked where the file lies; None if it says no, or is not there."""
    git = which("git")
    if git is None or not file.parent.is_dir():
        return None
    asked = subprocess.run([git, *arguments], cwd=file.parent, capture_output=True, check=False)  # noqa: S603
    return asked.stdout if asked.returncode == 0 else None
