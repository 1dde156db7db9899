"""What the outside received: every call that changed something or was refused, in order, durable."""

from datetime import UTC, datetime
from typing import Any

from umt.sandbox.store import Node, Store
from umt.sandbox.wire import Call, Effect, Json

_COLUMNS = (
    "sequence", "received_at", "simulated_at", "platform", "account", "method", "path", "action", "kind", "reference",
    "status", "created_id", "fault",
)  # fmt: skip


def change(action: str, node: Node) -> Effect:
    """What a call did to a node. Within its parent a name is to be created once."""
    return Effect(action, node.kind, node.account, node.name, str(node.id), (f"{node.parent} {node.name}",))


class Ledger:
    """Appends inside the caller's transaction; reads by page."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    def changes(self, platform: str, call: Call, simulated_at: str, status: int, fault: str) -> None:
        """One entry per thing changed; what was created is remembered by its keys, to find duplicates."""
        for effect in call.effects:
            self._append(platform, effect.account, call, simulated_at, effect.action, effect.kind, effect.reference,
                         status, effect.id if effect.action == "create" else "", fault)  # fmt: skip
            if effect.action == "create":
                self._db.executemany(
                    "INSERT OR IGNORE INTO creation VALUES (?, ?, ?, ?, ?, ?)",
                    [(platform, effect.kind, effect.account, key, effect.id, effect.reference) for key in effect.keys],
                )

    def refused(self, platform: str, call: Call, simulated_at: str, status: int, fault: str) -> None:
        """A call that changed nothing: refused by the platform, or by a fault (status 0: no answer at all)."""
        self._append(platform, call.account, call, simulated_at, "refuse", call.kind, call.reference, status, "", fault)

    def _append(
        self, platform: str, account: str, call: Call, simulated_at: str, action: str, kind: str, reference: str,
        status: int, created_id: str, fault: str,
    ) -> None:  # fmt: skip
        self._db.execute(
            "INSERT INTO ledger VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                simulated_at, platform, account, call.method, call.path, action, kind, reference, status, created_id,
                fault,
            ),
        )  # fmt: skip

    def page(self, filters: dict[str, str], since: int, limit: int) -> Json:
        """Entries after the sequence `since`; `next` is what to pass as `since` for the following page, or null."""
        where = "".join(f" AND {column} = ?" for column in filters)
        rows = self._db.execute(
            f"SELECT {', '.join(_COLUMNS)} FROM ledger WHERE sequence > ?{where} ORDER BY sequence LIMIT ?",  # noqa: S608 -- names of columns, not input
            (since, *filters.values(), limit + 1),
        ).fetchall()
        entries: list[dict[str, Any]] = [dict(zip(_COLUMNS, row, strict=True)) for row in rows[:limit]]
        return {"entries": entries, "next": entries[-1]["sequence"] if len(rows) > limit else None}

    def duplicates(self) -> list[Json]:
        """What was created more than once under one reference and parent (a post: one slug, or one title and content)."""
        rows = self._db.execute(
            "SELECT platform, kind, account, min(reference), group_concat(id) FROM creation"
            " GROUP BY platform, kind, account, key HAVING count(*) > 1"
        )
        found: dict[tuple[str, ...], Json] = {}
        for platform, kind, account, reference, ids in rows:
            created = sorted(str(ids).split(","))
            found[(platform, kind, account, *created)] = {
                "platform": platform, "kind": kind, "account": account, "reference": reference,
                "count": len(created), "created_ids": created,
            }  # fmt: skip
        return list(found.values())
