"""`python -m umt.sandbox`: serve the sandbox on the loopback interface. Prints {"url": ...} once it listens."""

import argparse
import ipaddress
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn

from umt.sandbox.app import Sandbox, SeedConflict
from umt.sandbox.faults import UnknownProfile
from umt.sandbox.store import UnusableState

BACKLOG = 512


class NotLoopback(ValueError):
    def __init__(self, host: str) -> None:
        super().__init__(
            f"the sandbox listens on the loopback interface only, and {host!r} is not on it: use 127.0.0.1"
        )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the loopback interface. Raises `NotLoopback`, `OSError`."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise NotLoopback(host) from None
    if not address.is_loopback:
        raise NotLoopback(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; else each answer waits 40 ms for an ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((str(address), port))
    listener.listen(BACKLOG)
    return listener


def run(
    host: str = "127.0.0.1", port: int = 0, state: Path | str | None = None, seed: int | None = None,
    faults: str = "none", *, exit_with_parent: bool = False,
) -> None:  # fmt: skip
    """Serve until SIGTERM or SIGINT. Port 0 picks a free one. Raises `NotLoopback`, `SeedConflict`,
    `UnknownProfile`, `UnusableState`, `OSError`."""
    listener = listen(host, port)
    sandbox = Sandbox(Path(state) if state is not None else None, seed, faults)
    config = uvicorn.Config(
        sandbox, log_level="critical", access_log=False, lifespan="off", server_header=False, ws="none",
        timeout_graceful_shutdown=1, timeout_keep_alive=75,
    )  # fmt: skip
    name = listener.getsockname()
    shown = f"[{name[0]}]" if listener.family == socket.AF_INET6 else name[0]
    sys.stdout.write(json.dumps({"url": f"http://{shown}:{name[1]}"}) + "\n")
    sys.stdout.flush()
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _leave)
    if exit_with_parent:
        threading.Thread(target=_exit_at_end_of_input, daemon=True).start()
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        sandbox.store.close()


def _leave(number: int, frame: object) -> None:
    """A signal is a clean end: uvicorn raises it once more when it has closed its connections."""
    raise SystemExit(0)


def _exit_at_end_of_input() -> None:
    """Standard input is a pipe from the parent: its end is the parent's end."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m umt.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="loopback only")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--state", type=Path, help="SQLite file that keeps everything; in memory without")
    parser.add_argument("--seed", type=int, help="of the market (default 0, or the state's)")
    parser.add_argument("--faults", default="none", metavar="PROFILE", help="none, flaky, outage or lost_answers")
    parser.add_argument("--exit-with-parent", action="store_true", help="exit when standard input ends")
    given = parser.parse_args(arguments)
    try:
        run(given.host, given.port, given.state, given.seed, given.faults, exit_with_parent=given.exit_with_parent)
    except (NotLoopback, SeedConflict, UnknownProfile, UnusableState, OSError, OverflowError) as problem:
        sys.stderr.write(f"umt.sandbox: {problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
