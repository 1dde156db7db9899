"""Everything the outside remembers, in one SQLite file (or in memory).

Each request is one transaction that is committed before its answer is sent, so `kill -9` loses nothing that was
answered (write-ahead log, synchronous=NORMAL: durable against the end of the process).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

DEFAULT_CURRENCY = "EUR"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS account (
    platform TEXT NOT NULL, account TEXT NOT NULL, currency TEXT NOT NULL, PRIMARY KEY (platform, account)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS node (
    platform TEXT NOT NULL, account TEXT NOT NULL, id INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    parent INTEGER, ordinal INTEGER NOT NULL, body BLOB NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    PRIMARY KEY (platform, account, id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS node_by_id ON node (platform, id);
CREATE INDEX IF NOT EXISTS node_by_name ON node (platform, account, kind, name);
CREATE INDEX IF NOT EXISTS node_by_parent ON node (platform, parent);
CREATE TABLE IF NOT EXISTS delivery (
    platform TEXT NOT NULL, account TEXT NOT NULL, ad INTEGER NOT NULL, day TEXT NOT NULL, line INTEGER NOT NULL,
    creative TEXT NOT NULL, spend INTEGER NOT NULL, impressions INTEGER NOT NULL, clicks INTEGER NOT NULL,
    conversions INTEGER NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (platform, account, ad, day)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS delivery_by_line ON delivery (platform, line, spend);
CREATE INDEX IF NOT EXISTS delivery_by_creative ON delivery (platform, account, creative, day);
CREATE TABLE IF NOT EXISTS ledger (
    sequence INTEGER PRIMARY KEY, received_at TEXT NOT NULL, simulated_at TEXT NOT NULL, platform TEXT NOT NULL,
    account TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, action TEXT NOT NULL, kind TEXT NOT NULL,
    reference TEXT NOT NULL, status INTEGER NOT NULL, created_id TEXT NOT NULL, fault TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS creation (
    platform TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL, key TEXT NOT NULL, id TEXT NOT NULL,
    reference TEXT NOT NULL, PRIMARY KEY (platform, kind, account, key, id)
) WITHOUT ROWID;
"""


@dataclass(slots=True)
class Node:
    """Anything a client created: a campaign, a budget, a post. `body` is what the platform would show of it.

    `name` is the reference the client sent; `ordinal` counts the account's nodes from 1, whatever their ids.
    """

    platform: str
    account: str
    kind: str
    id: int
    name: str
    parent: int | None = None
    body: dict[str, Any] = field(default_factory=dict)
    ordinal: int = 0
    created_at: str = ""
    updated_at: str = ""


_COLUMNS = "platform, account, kind, id, name, parent, body, ordinal, created_at, updated_at"


class UnusableState(ValueError):
    """The state file is not ours, or in use."""


class Store:
    """The one connection. Used from one thread: the event loop's."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(path or ":memory:", isolation_level=None, cached_statements=256, timeout=0.5)
        try:
            self.db.execute("PRAGMA locking_mode=EXCLUSIVE")  # one sandbox per state
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute("PRAGMA synchronous=NORMAL")
            self.db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as problem:
            raise UnusableState(f"{path} is no state of a sandbox, or another one is using it: {problem}") from None

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def setting(self, key: str) -> str | None:
        row = self.db.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_setting(self, key: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (key, value))

    def next(self, series: str) -> int:
        """1, 2, 3 ... for each series."""
        row = self.db.execute(
            "INSERT INTO series VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last",
            (series,),
        ).fetchone()
        return int(row[0])

    def currency(self, platform: str, account: str) -> str:
        """The account's currency; an account comes into being at first sight."""
        row = self.db.execute(
            "SELECT currency FROM account WHERE platform = ? AND account = ?", (platform, account)
        ).fetchone()
        if row is None:
            self.open_account(platform, account, DEFAULT_CURRENCY)
            return DEFAULT_CURRENCY
        return str(row[0])

    def open_account(self, platform: str, account: str, currency: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO account VALUES (?, ?, ?)", (platform, account, currency))

    def accounts(self, platform: str | None = None) -> list[tuple[str, str, str]]:
        """(platform, account, currency) of each account seen."""
        rows = self.db.execute(
            "SELECT platform, account, currency FROM account WHERE ? IS NULL OR platform = ? ORDER BY 1, 2",
            (platform, platform),
        )
        return [(str(p), str(a), str(c)) for p, a, c in rows]

    def insert(self, node: Node, now: str) -> Node:
        node.ordinal = self.next(f"ordinal {node.platform} {node.account} {node.kind}")
        node.created_at = node.updated_at = now
        self.db.execute(
            f"INSERT INTO node ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- names of columns, not input
            (
                node.platform, node.account, node.kind, node.id, node.name, node.parent,
                msgspec.json.encode(node.body), node.ordinal, now, now,
            ),
        )  # fmt: skip
        return node

    def save(self, node: Node, now: str) -> None:
        node.updated_at = now
        self.db.execute(
            "UPDATE node SET name = ?, body = ?, updated_at = ? WHERE platform = ? AND account = ? AND id = ?",
            (node.name, msgspec.json.encode(node.body), now, node.platform, node.account, node.id),
        )

    def delete(self, node: Node) -> None:
        self.db.execute(
            "DELETE FROM node WHERE platform = ? AND account = ? AND id = ?", (node.platform, node.account, node.id)
        )

    def node(self, platform: str, id: int, account: str | None = None) -> Node | None:
        row = self.db.execute(
            f"SELECT {_COLUMNS} FROM node WHERE platform = ? AND id = ? AND (? IS NULL OR account = ?)",  # noqa: S608 -- names of columns, not input
            (platform, id, account, account),
        ).fetchone()
        return None if row is None else _node(row)

    def nodes(
        self, platform: str, kind: str, account: str | None = None, name: str | None = None, parent: int | None = None
    ) -> list[Node]:
        """The nodes of a kind in order of id, narrowed by whatever is given."""
        wanted = {"account": account, "name": name, "parent": parent}
        given = {column: value for column, value in wanted.items() if value is not None}
        where = "".join(f" AND {column} = ?" for column in given)
        rows = self.db.execute(
            f"SELECT {_COLUMNS} FROM node WHERE platform = ? AND kind = ?{where} ORDER BY account, id",  # noqa: S608 -- names of columns, not input
            (platform, kind, *given.values()),
        )
        return [_node(row) for row in rows]


def _node(row: tuple[Any, ...]) -> Node:
    platform, account, kind, id, name, parent, body, ordinal, created_at, updated_at = row
    return Node(platform, account, kind, id, name, parent, msgspec.json.decode(body), ordinal, created_at, updated_at)
