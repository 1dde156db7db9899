"""Programs that tests need beside our own: found on the machine, or taken out of their Debian package.

A package is unpacked beside the checkout's other environments and not installed, so no service of it is started and the
machine stays as it is. Once unpacked it needs no network.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[1]


class Program(NamedTuple):
    """Where a program is, and the environment that it needs."""

    path: str
    environment: Mapping[str, str]


def program(name: str, package: str) -> Program:
    """The program of the package; the test is skipped, and says what is missing, where it cannot be had."""
    if found := shutil.which(name):
        return Program(found, os.environ)
    folder = ROOT / f".debian-{package}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "unpacked").exists():
            _unpack(package, folder, name)
    libraries = sorted({str(library.parent) for library in folder.rglob("*.so.*")})
    return Program(str(folder / "usr" / "bin" / name), {**os.environ, "LD_LIBRARY_PATH": ":".join(libraries)})


def _unpack(package: str, folder: Path, name: str) -> None:
    missing = f"{name} is not on the PATH; on Debian: apt-get install {package}"
    if os.geteuid() or not shutil.which("apt-get"):
        pytest.skip(missing)
    shutil.rmtree(folder, ignore_errors=True)
    archives = folder / "archives"
    (archives / "partial").mkdir(parents=True)
    fetch = ["apt-get", "install", "--yes", "--no-install-recommends", "--download-only", "-o", f"Dir::Cache::archives={archives}"]  # fmt: skip
    done = _run(*fetch, package)
    if done.returncode:
        _run("apt-get", "update")
        done = _run(*fetch, package)
    if done.returncode:
        pytest.skip(f"{missing} (it could not be fetched: {done.stderr.strip()[-300:]})")
    for archive in archives.glob("*.deb"):
        assert _run("dpkg-deb", "--extract", str(archive), str(folder)).returncode == 0
    shutil.rmtree(archives)
    (folder / "unpacked").touch()


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
