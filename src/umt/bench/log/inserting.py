"""Clients that do nothing but insert: the limit of many, in threads of this process or spread over processes of their own.

As a program, a process of such clients: a job on standard input, "ready" when all are connected, then, after another
line, what came of it on standard output.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final
from uuid import uuid4

import msgspec
import psycopg

from umt.bench.log.raw import Sample, insert


class Job(msgspec.Struct, frozen=True):
    """So many clients, each with a connection, each inserting so many rows one by one."""

    conninfo: str
    clients: int
    rows: int
    kinds: list[Sample]


class Done(msgspec.Struct, frozen=True):
    """Begin and end by the machine's steady clock, in seconds, and what each insert took."""

    began: float
    ended: float
    took: list[float]

    @property
    def rate(self) -> float:
        return len(self.took) / (self.ended - self.began)


class Clients:
    """A job's clients, connected and waiting."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._open = ExitStack()
        self._connections = [
            self._open.enter_context(psycopg.connect(job.conninfo, autocommit=True)) for _ in range(job.clients)
        ]

    def __enter__(self) -> Clients:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def run(self) -> Done:
        with ThreadPoolExecutor(self._job.clients) as threads:
            began = time.monotonic()
            took = [seconds for each in threads.map(self._client, self._connections) for seconds in each]
            return Done(began, time.monotonic(), took)

    def _client(self, connection: psycopg.Connection[tuple[object, ...]]) -> list[float]:
        workspace, took = uuid4(), []
        for number in range(self._job.rows):
            began = time.monotonic()
            insert(connection, number, workspace, self._job.kinds)
            took.append(time.monotonic() - began)
        return took


def in_threads(job: Job) -> Done:
    with Clients(job) as clients:
        return clients.run()


def in_processes(job: Job) -> Done:
    """The clients spread over a process for each core, so that no interpreter's lock holds them up."""
    count = min(os.cpu_count() or 1, job.clients)
    shares = [job.clients // count + (number < job.clients % count) for number in range(count)]
    command: Final = [sys.executable, "-m", "umt.bench.log.inserting"]
    with ExitStack() as ending:
        processes = [
            # In a group of its own: the terminal's Ctrl-C reaches us only, and we end it.
            ending.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0)  # noqa: S603
            )
            for _ in shares
        ]
        for process in processes:
            ending.callback(process.kill)
        for process, clients in zip(processes, shares, strict=True):
            _tell(process, msgspec.json.encode(msgspec.structs.replace(job, clients=clients)))
        for process in processes:
            _line(process)
        for process in processes:
            _tell(process, b"go")
        done = [msgspec.json.decode(_line(process), type=Done) for process in processes]
    return Done(min(d.began for d in done), max(d.ended for d in done), [s for d in done for s in d.took])


def _tell(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin
    process.stdin.write(line + b"\n")
    process.stdin.flush()


def _line(process: subprocess.Popen[bytes]) -> bytes:
    assert process.stdout
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a process of clients ended with status {process.wait()}")
    return line


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    with Clients(job) as clients:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.buffer.readline()
        sys.stdout.buffer.write(msgspec.json.encode(clients.run()) + b"\n")


if __name__ == "__main__":
    main()
