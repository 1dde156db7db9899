"""What the rules on dangerous calls find, and what they let pass."""
# ruff: noqa

import asyncio
import contextlib
import os
import ssl
import subprocess
import tempfile

# ruleid: text-as-code
import pickle
from datetime import UTC, date, datetime

import httpx
import yaml


def execute(text):
    # ruleid: text-as-code
    eval(text)
    # ruleid: text-as-code
    exec(text)
    # ruleid: text-as-code
    yaml.load(text)
    # ruleid: text-as-code
    pickle.loads(text)
    # ok: text-as-code
    yaml.safe_load(text)
    # ok: text-as-code
    connection.exec_(b"ROLLBACK")


def run(name):
    # ruleid: shell
    subprocess.run(f"ls {name}", shell=True)
    # ruleid: shell
    os.system(name)
    # ruleid: shell
    asyncio.create_subprocess_shell(name)
    # ok: shell
    subprocess.run(["ls", name], check=True)


def call(url):
    # ruleid: unverified-tls
    httpx.get(url, verify=False)
    context = ssl.create_default_context()
    # ruleid: unverified-tls
    context.check_hostname = False
    # ok: unverified-tls
    httpx.get(url)


def when(seconds):
    # ruleid: time-without-zone
    datetime.now()
    # ruleid: time-without-zone
    datetime.utcnow()
    # ruleid: time-without-zone
    date.today()
    # ruleid: time-without-zone
    datetime.fromtimestamp(seconds)
    # ok: time-without-zone
    datetime.fromtimestamp(seconds, UTC)
    # ok: time-without-zone
    datetime.now(UTC)


def quietly(work, log):
    # ruleid: failure-passed-over
    try:
        work()
    except Exception:
        pass
    # ruleid: failure-passed-over
    try:
        work()
    except BaseException as error:
        pass
    for each in work:
        # ruleid: failure-passed-over
        try:
            each()
        except Exception:
            continue
    # ok: failure-passed-over
    try:
        work()
    except FileNotFoundError:
        pass
    # ok: failure-passed-over
    try:
        work()
    except Exception as error:
        log.warning("it failed: %s", type(error).__name__)


def make():
    # ruleid: predictable-file
    tempfile.mktemp()
    # ok: predictable-file
    tempfile.mkstemp()
