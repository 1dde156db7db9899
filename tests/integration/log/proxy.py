"""A TCP proxy before PostgreSQL's socket that cuts a connection between a request and its answer."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class CuttingProxy:
    """Passes everything on until a request contains the armed bytes: its answer is awaited and thrown away, and the
    connection is closed. Or the client's side is closed at once, and the request held back until it is let go."""

    def __init__(self, url: str) -> None:
        given = conninfo_to_dict(url)
        self._target = str(Path(str(given["host"])) / f".s.PGSQL.{given.get('port') or 5432}")
        self._listener = socket.create_server(("127.0.0.1", 0))
        port = self._listener.getsockname()[1]
        self.url = make_conninfo(url, host="127.0.0.1", port=port, sslmode="disable", gssencmode="disable")
        self.cuts = 0
        self._armed: bytes | None = None
        self._held: threading.Event | None = None
        self._watched: bytes | None = None
        self.seen = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, request: bytes) -> None:
        """Cut the first connection whose request contains the bytes, once it was answered."""
        self._armed = request

    def hold(self, request: bytes) -> threading.Event:
        """Cut the first connection whose request contains the bytes; the server has it only once the event is set."""
        self._held = threading.Event()
        self._armed = request
        return self._held

    def watch(self, request: bytes) -> None:
        """Count in ``seen`` the requests that contain the bytes."""
        self._watched, self.seen = request, 0

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            cutting = threading.Event()
            threading.Thread(target=self._requests, args=(client, server, cutting), daemon=True).start()
            threading.Thread(target=self._answers, args=(client, server, cutting), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket, cutting: threading.Event) -> None:
        try:
            while request := client.recv(1 << 20):
                self.seen += self._watched is not None and self._watched in request
                if self._armed is not None and self._armed in request:
                    self._armed = None
                    cutting.set()
                    if self._held:
                        client.shutdown(socket.SHUT_RDWR)
                        self._held.wait(30)
                server.sendall(request)
        except OSError:
            pass
        finally:
            _end(server)

    def _answers(self, client: socket.socket, server: socket.socket, cutting: threading.Event) -> None:
        try:
            while answer := server.recv(1 << 20):
                if cutting.is_set():
                    self.cuts += 1
                    break
                client.sendall(answer)
        except OSError:
            pass
        finally:
            _end(client)
            _end(server)


def _end(side: socket.socket) -> None:
    with suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
    side.close()
