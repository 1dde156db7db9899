"""Meta Marketing API: account, campaigns, ad sets, creatives, ads ("Marketing API: Campaign structure").

Budgets are strings in the currency's minor unit, ids are strings, times end in "+0000". The account's zone is UTC.
"""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b
from typing import Any

from umt.sandbox import meta_insights, meta_lookup
from umt.sandbox.clock import Clock, iso
from umt.sandbox.delivery import Delivery
from umt.sandbox.ledger import change
from umt.sandbox.meta_delivery import line_items
from umt.sandbox.meta_graph import (
    authenticate,
    error,
    graph_time,
    matcher,
    minor_unit,
    missing_object,
    page,
    parse,
    project,
    refuse,
    unknown_path,
)  # fmt: skip
from umt.sandbox.meta_objects import EDGES, FIELDS, apply
from umt.sandbox.store import Node, Store
from umt.sandbox.wire import Call, Json, Refusal, Reply, Route, encode

FIRST_ID = 120_200_000_000_000_000


class Meta:
    """Graph API, any version `/vN.M/`."""

    name = "meta"

    def __init__(self, store: Store, clock: Clock, delivery: Delivery) -> None:
        self.store, self.clock, self.delivery = store, clock, delivery
        delivery.sources.append(lambda day: line_items(self, day))
        version = r"/v\d+\.\d+"
        self.routes = [
            Route("GET", version + r"/me(?P<edge>/adaccounts|/accounts)?", self.me),
            Route("GET", version + r"/search", self.search),
            Route("GET", version + r"/act_(?P<account>\d{1,18})", self.read_account),
            Route("GET", version + r"/act_(?P<account>\d{1,18})/(?P<edge>campaigns|adsets|ads|adcreatives)", self.list),
            Route(
                "POST", version + r"/act_(?P<account>\d{1,18})/(?P<edge>campaigns|adsets|ads|adcreatives)", self.create
            ),
            Route("GET", version + r"/act_(?P<account>\d{1,18})/promote_pages", self.pages),
            Route("GET", version + r"/act_(?P<account>\d{1,18})/insights", self.insights),
            Route("GET", version + r"/(?P<id>\d{1,18})/(?P<edge>campaigns|adsets|ads|adcreatives)", self.list),
            Route("GET", version + r"/(?P<id>\d{1,18})/insights", self.insights),
            Route("GET", version + r"/(?P<id>\d{1,18})", self.read),
            Route("POST", version + r"/(?P<id>\d{1,18})", self.update),
            Route("DELETE", version + r"/(?P<id>\d{1,18})", self.remove),
        ]

    def owns(self, path: str) -> bool:
        return re.match(r"/v\d+\.\d+(/|$)", path) is not None

    def unknown(self, call: Call) -> Reply:
        tail = "/" + call.path.split("/", 2)[-1]
        return unknown_path(tail) if call.method == "GET" else error(f"Unsupported {call.method.lower()} request.", 100)

    def rate_limited(self, call: Call) -> Reply:
        return error(
            "(#17) User request limit reached", 17, subcode=2446079, transient=True, title="Ad Account Has Too Many API"
            " Calls", advice="There have been too many calls from this ad-account. Please wait a bit and try again.",
        )  # fmt: skip

    def unavailable(self, call: Call, status: int) -> Reply:
        if status == 503:
            return error("(#2) Service temporarily unavailable", 2, status=503, transient=True)
        message = "An unexpected error has occurred. Please retry your request later."
        return error(message, 2, status=status, transient=True)

    def finish(self, call: Call, reply: Reply) -> None:
        """Headers of every Graph answer: trace id, version and, for an account, how much of the quota is used.

        A limit is over in less than a minute, so that nobody has to wait: 0 of the minutes that the header counts in.
        """
        count = self.store.db.total_changes
        trace = "A" + blake2b(f"{call.path}{count}".encode(), digest_size=11).hexdigest()
        version = call.path.split("/")[1]
        reply.headers |= {"x-fb-trace-id": trace, "facebook-api-version": version, "x-fb-rev": "1031337000"}
        if call.account:
            busy = reply.status == 400 and reply.body["error"]["code"] == 17
            usage = {
                "type": "ads_management", "call_count": 100 if busy else 3, "total_cputime": 2, "total_time": 2,
                "estimated_time_to_regain_access": 0, "ads_api_access_tier": "standard_access",
            }  # fmt: skip
            reply.headers["x-business-use-case-usage"] = encode({call.account: [usage]}).decode()
        if reply.status >= 400:
            reply.body["error"]["fbtrace_id"] = trace

    def me(self, call: Call) -> Reply:
        authenticate(call, {}, self.clock.now)
        if not call.params["edge"]:
            return Reply(200, {"name": "Sandbox System User", "id": "122100000000000001"})
        accounts = [account for _, account, _ in self.store.accounts(self.name)]
        if call.params["edge"] == "/accounts":
            return Reply(200, meta_lookup.pages(call, accounts, "access_token,category,category_list,name,id,tasks"))
        return Reply(200, page(call, accounts, str, lambda a: self._account(a, call.query.get("fields", "id"))))

    def read_account(self, call: Call) -> Reply:
        self._enter(call, call.query)
        return Reply(200, self._account(call.account, call.query.get("fields", "account_id,id")))

    def _account(self, account: str, fields: str) -> Json:
        currency = self.store.currency(self.name, account)
        spent = sum(f.spend for _, _, f in self.delivery.figures(self.name, account, date.min, self.clock.today))
        document = {
            "id": f"act_{account}", "account_id": account, "name": f"Account {account}", "currency": currency,
            "timezone_name": "UTC", "timezone_id": 135, "timezone_offset_hours_utc": 0, "account_status": 1,
            "amount_spent": str(spent // minor_unit(currency)), "balance": "0", "min_daily_budget": 100,
            "created_time": "2026-01-01T00:00:00+0000",
        }  # fmt: skip
        return project(document, fields, "account", FIELDS["account"], lambda name, _: document[name])

    def pages(self, call: Call) -> Reply:
        self._enter(call, call.query)
        return Reply(200, meta_lookup.pages(call, [call.account], "name,id"))

    def search(self, call: Call) -> Reply:
        authenticate(call, {}, self.clock.now)
        return Reply(200, meta_lookup.search(call))

    def create(self, call: Call) -> Reply:
        parameters = self._parameters(call)
        self._enter(call, parameters)
        kind = call.kind = EDGES[call.params["edge"]]
        call.reference = str(parameters.get("name", ""))
        node = Node(self.name, call.account, kind, 0, call.reference)
        apply(self, node, parameters, creating=True)
        if str(parameters.get("execution_options", "")).find("validate_only") >= 0:
            return Reply(200, {"success": True})
        node.id = FIRST_ID + self.store.next(self.name)
        self.store.insert(node, iso(self.clock.now))
        call.changed(change("create", node))
        return Reply(200, {"id": str(node.id)})

    def update(self, call: Call) -> Reply:
        parameters = self._parameters(call)
        authenticate(call, parameters, self.clock.now)
        node = self._find(call)
        apply(self, node, parameters, creating=False)
        self.store.save(node, iso(self.clock.now))
        call.changed(change("update", node))
        return Reply(200, {"success": True})

    def remove(self, call: Call) -> Reply:
        authenticate(call, {}, self.clock.now)
        node = self._find(call)
        node.body["status"] = "DELETED"
        self.store.save(node, iso(self.clock.now))
        call.changed(change("delete", node))
        return Reply(200, {"success": True})

    def read(self, call: Call) -> Reply:
        authenticate(call, {}, self.clock.now)
        return Reply(200, self.show(self._find(call), call.query.get("fields", "id")))

    def list(self, call: Call) -> Reply:
        kind = EDGES[call.params["edge"]]
        if call.params.get("account"):
            self._enter(call, call.query)
            owner = None
        else:
            authenticate(call, {}, self.clock.now)
            owner = self._find(call)
        wanted = parse(call.query, "effective_status") or []
        if not isinstance(wanted, list):
            raise refuse("param effective_status must be an array.")
        fits = matcher(call.query, self._field)
        shown = []
        for node in reversed(self.store.nodes(self.name, kind, call.account)):
            status = self.effective_status(node)
            if owner is not None and owner.id not in self._lineage(node):
                continue
            if wanted and status not in wanted:
                continue
            if not wanted and status in ("DELETED", "ARCHIVED") and "status" not in call.query.get("filtering", ""):
                continue
            if fits(node):
                shown.append(node)
        fields = call.query.get("fields", "id")
        return Reply(200, page(call, shown, lambda node: str(node.id), lambda node: self.show(node, fields)))

    def insights(self, call: Call) -> Reply:
        if call.params.get("account"):
            self._enter(call, call.query)
            return meta_insights.report(self, call, None)
        authenticate(call, {}, self.clock.now)
        node = self._find(call)
        if node.kind == "adcreative":
            raise refuse("Tried accessing nonexisting field (insights) on node type (AdCreative)")
        return meta_insights.report(self, call, node)

    def _enter(self, call: Call, parameters: Mapping[str, Any]) -> None:
        call.account = call.params["account"]
        authenticate(call, parameters, self.clock.now)
        self.store.currency(self.name, call.account)

    def _parameters(self, call: Call) -> Json:
        try:
            return call.query | call.form()
        except ValueError as problem:
            raise Refusal(error(f"(#100) Invalid JSON for postcard: {problem}", 100)) from None

    def _find(self, call: Call) -> Node:
        node = self.store.node(self.name, int(call.params["id"]))
        if node is None:
            raise missing_object(call.method, call.params["id"])
        call.account, call.kind, call.reference = node.account, node.kind, node.name
        return node

    def parent(self, node: Node) -> Node | None:
        return None if node.parent is None else self.store.node(self.name, node.parent)

    def _lineage(self, node: Node) -> set[int]:
        ids = {node.id}
        if node.kind == "ad":
            ids.add(int(node.body["creative"]["creative_id"]))
        while (parent := self.parent(node)) is not None:
            ids.add(parent.id)
            node = parent
        return ids

    def effective_status(self, node: Node) -> str:
        """What the delivery system makes of a node and all above it ("Ad: effective_status")."""
        own = str(node.body.get("status", "ACTIVE"))
        if own != "ACTIVE":
            return own
        parent = self.parent(node)
        while parent is not None:
            above = str(parent.body["status"])
            if above in ("DELETED", "ARCHIVED"):
                return above
            if above == "PAUSED":
                return f"{parent.kind.upper()}_PAUSED"
            parent = self.parent(parent)
        return "ACTIVE"

    def _field(self, node: Node, name: str) -> str | None:
        """A field for `filtering`, also under its dotted name (`campaign.id`)."""
        kind, _, rest = name.partition(".")
        if rest:
            other: Node | None = node
            while other is not None and other.kind != kind:
                other = self.parent(other)
            return None if other is None else self._field(other, rest)
        if name not in FIELDS[node.kind]:
            return None
        return str(self.document(node).get(name, ""))

    def document(self, node: Node) -> Json:
        """All fields of a node."""
        now = {"id": str(node.id), "account_id": node.account, "name": node.name}
        if node.kind == "adcreative":
            return node.body | now
        document = node.body | now
        document["effective_status"] = self.effective_status(node)
        document["configured_status"] = document["status"]
        document["created_time"], document["updated_time"] = graph_time(node.created_at), graph_time(node.updated_at)
        if (parent := self.parent(node)) is not None:
            document[f"{parent.kind}_id"] = str(parent.id)
            if (above := self.parent(parent)) is not None:
                document["campaign_id"] = str(above.id)
        if node.kind == "ad":
            document["creative"] = {"id": node.body["creative"]["creative_id"]}
        if node.body.get("lifetime_budget", "0") != "0":
            spent = self.delivery.spent(self.name, node.id) // minor_unit(self.store.currency(self.name, node.account))
            document["budget_remaining"] = str(int(node.body["lifetime_budget"]) - spent)
        return document

    def show(self, node: Node, fields: str) -> Json:
        document = self.document(node)

        def nested(name: str, inner: str) -> Any:
            if name not in ("creative", "adset", "campaign"):
                raise refuse(f"Subfields are not supported by {name}")
            id = document["creative"]["id"] if name == "creative" else document.get(f"{name}_id", 0)
            other = self.store.node(self.name, int(id))
            return None if other is None else self.show(other, inner)

        for name in ("adset", "campaign"):
            if f"{name}_id" in document:
                document[name] = {"id": document[f"{name}_id"]}
        return project(document, fields, node.kind, FIELDS[node.kind], nested)
