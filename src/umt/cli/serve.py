"""``umt serve`` and ``umt worker``: the system until it is stopped."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sys
import threading
from typing import Annotated, Any, NoReturn

import typer

from umt.bootstrap import Workers, data_dir, database, release_database, system
from umt.cli.options import DatabaseUrl, DataDir, fail, settings_from
from umt.cli.outside import sandbox

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the sandbox's market.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    api_only: Annotated[bool, typer.Option("--api-only", help="No workers here: run `umt worker` beside it.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Talk to the real platforms.")] = False,
    seed: Seed = 0,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Serve the API with its projections, agents and jobs, and the sandbox of the outside, until stopped."""
    # Imported here: the schema takes longer to build than any other command takes to answer.
    import uvicorn

    from umt.api.app import create_app
    from umt.api.graphql.manifest import UnusableManifest
    from umt.api.server import make_room, server_config
    from umt.bootstrap.services import services_of

    # Raised again by uvicorn once it has shut down; then everything below is taken down in order.
    signal.signal(signal.SIGTERM, _leave)
    listener = _listen(host, port)
    with contextlib.ExitStack() as stack:
        outside = None if no_sandbox or api_only else _sandbox(stack, data_dir, database_url, seed)
        settings = settings_from(data_dir, database_url, **_pointed_at(outside))
        stack.callback(release_database, settings)
        wired = stack.enter_context(system(settings))
        if not api_only:
            workers = Workers(wired)
            workers.start()
            stack.callback(workers.stop)
        url = f"http://{host}:{listener.getsockname()[1]}"
        try:
            app = create_app(services_of(wired, {"sandbox": outside}))
        except UnusableManifest as error:
            fail(f"setting UMT_TRUSTED_DOCUMENTS: {error}")
        make_room()
        config = server_config(app, largest_message=settings.largest_body_bytes, timeout_graceful_shutdown=5)
        _announce(url, outside)
        uvicorn.Server(config).run(sockets=[listener])


def worker(
    projections: Annotated[bool, typer.Option("--projections", help="Keep the read models up to date.")] = False,
    agents: Annotated[bool, typer.Option("--agents", help="Run the agents.")] = False,
    jobs: Annotated[bool, typer.Option("--jobs", help="Do the agents' effects.")] = False,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Run background work until stopped; without an option, all of it."""
    everything = not (projections or agents or jobs)
    with system(settings_from(data_dir, database_url)) as wired:
        workers = Workers(wired, projections or everything, agents or everything, jobs or everything)
        workers.start()
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        sys.stderr.write("umt worker: at work\n")
        stopped.wait()
        workers.stop()


def _leave(*_: Any) -> NoReturn:
    raise SystemExit(0)


def _sandbox(stack: contextlib.ExitStack, folder: Any, database_url: str | None, seed: int) -> str:
    settings = settings_from(folder, database_url)
    database(settings)
    return stack.enter_context(sandbox(data_dir(settings), seed))


def _pointed_at(outside: str | None) -> dict[str, Any]:
    """Settings that make the sandbox the outside."""
    if outside is None:
        return {}
    return {
        "meta_url": outside,
        "google_ads_url": outside,
        "google_ads_developer_token": "sandbox",
        "linkedin_url": outside,
        "private_endpoints": (outside,),
        "clock_url": f"{outside}/_sandbox/clock",
    }


def _listen(host: str, port: int) -> socket.socket:
    """Taken before anything is started, so that a port in use is said at once."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Named as TCP, since asyncio turns Nagle's algorithm off only then; answers wait 40 ms otherwise.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(512)
        return listener
    except OSError as error:
        fail(f"cannot listen on {host}:{port}: {error.strerror}; choose another --port")


def _announce(url: str, outside: str | None) -> None:
    """One JSON line for programs on standard output, a sentence for people on standard error."""
    sys.stdout.write(json.dumps({"url": url, "sandbox": outside}) + "\n")
    sys.stdout.flush()
    sys.stderr.write(f"umt: serving {url}/graphql" + (f", sandbox at {outside}" if outside else "") + "\n")
