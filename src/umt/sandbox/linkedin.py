"""LinkedIn Marketing API: accounts, campaign groups, campaigns, creatives ("LinkedIn Marketing: Account Structure").

A create answers 201 with the id in `x-restli-id` and no body; a partial update answers 204. Ids are numbers, references
between entities are URNs, money is {"amount": "10.00", "currencyCode": "EUR"}, moments are milliseconds.
"""

import re
from typing import Any
from urllib.parse import quote

from umt.sandbox import linkedin_analytics, linkedin_targeting
from umt.sandbox.clock import Clock, iso, parse_instant
from umt.sandbox.delivery import Delivery, fingerprint
from umt.sandbox.ledger import change
from umt.sandbox.linkedin_entities import FIXED, KINDS, URNS, apply, criteria, line_items, referenced
from umt.sandbox.restli import bad_parameter, error, parameters, refuse
from umt.sandbox.store import Node, Store
from umt.sandbox.wire import Call, Json, Reply, Route

FIRST_ID = 300_000_000
PARENT = {"campaign": ("campaignGroup", "campaign_group"), "creative": ("campaign", "campaign")}
"""The field that names what an entity belongs to, and its kind."""


class LinkedIn:
    """`/rest/...`, any active version."""

    name = "linkedin"

    def __init__(self, store: Store, clock: Clock, delivery: Delivery) -> None:
        self.store, self.clock, self.delivery = store, clock, delivery
        delivery.sources.append(lambda day: line_items(self, day))
        account = r"/rest/adAccounts/(?P<account>[^/]+)"
        edge = account + rf"/(?P<edge>{'|'.join(KINDS)})"
        self.routes = [
            Route("GET", r"/rest/adAccounts", self.accounts),
            Route("GET", r"/rest/adAnalytics", self.analytics),
            Route("GET", r"/rest/adTargetingEntities", self.targeting),
            Route("GET", account, self.account),
            Route("GET", edge, self.list),
            Route("POST", edge, self.create),
            Route("GET", edge + r"/(?P<id>[^/]+)", self.read),
            Route("POST", edge + r"/(?P<id>[^/]+)", self.update),
            Route("DELETE", edge + r"/(?P<id>[^/]+)", self.remove),
        ]

    def owns(self, path: str) -> bool:
        return path.startswith("/rest/")

    def unknown(self, call: Call) -> Reply:
        return error(404, "RESOURCE_NOT_FOUND", f"No virtual resource found for path {call.path[:120]}", 0)

    def rate_limited(self, call: Call) -> Reply:
        message = "Resource level throttle limit for calls to this resource is reached."
        return error(429, "TOO_MANY_REQUESTS", message, 101)

    def unavailable(self, call: Call, status: int) -> Reply:
        code, message = ("SERVICE_UNAVAILABLE", "Service Unavailable") if status == 503 else (
            "INTERNAL_SERVER_ERROR", "Internal Server Error")  # fmt: skip
        return error(status, code, message)

    def finish(self, call: Call, reply: Reply) -> None:
        reply.headers |= {"x-li-uuid": fingerprint([call.path, self.store.db.total_changes]), "x-li-fabric": "sandbox",
                          "X-RestLi-Protocol-Version": "2.0.0"}  # fmt: skip

    def accounts(self, call: Call) -> Reply:
        self._authenticate(call)
        seen = [self._account(account, currency) for _, account, currency in self.store.accounts(self.name)]
        return _json({"elements": seen, "metadata": {}})

    def account(self, call: Call) -> Reply:
        self._enter(call)
        return _json(self._account(call.account, self.store.currency(self.name, call.account)))

    def _account(self, account: str, currency: str) -> Json:
        return {
            "id": int(account), "name": f"Account {account}", "currency": currency, "status": "ACTIVE",
            "type": "BUSINESS", "test": False, "servingStatuses": ["RUNNABLE"],
            "reference": f"urn:li:organization:{account}", "version": {"versionTag": "1"},
        }  # fmt: skip

    def analytics(self, call: Call) -> Reply:
        self._authenticate(call)
        return linkedin_analytics.report(self, call)

    def targeting(self, call: Call) -> Reply:
        self._authenticate(call)
        return _json(linkedin_targeting.typeahead(call))

    def create(self, call: Call) -> Reply:
        self._enter(call)
        body = self._body(call)
        kind = call.kind = KINDS[call.params["edge"]]
        call.reference = str(body.get("name") or "")
        owner = self.urn("account", call.account)
        if body.setdefault("account", owner if kind == "creative" else None) not in (owner, None):
            raise refuse(400, "INVALID_VALUE", "/account does not match the account of the path", 100)
        node = Node(self.name, call.account, kind, 0, call.reference or fingerprint(body.get("content")))
        node.body = {"status": "ACTIVE"} if kind == "campaign" else {}
        apply(self, node, body)
        if above := PARENT.get(kind):
            node.parent = referenced(self, call.account, body[above[0]], above[1], above[0]).id
        node.id = FIRST_ID + self.store.next(self.name)
        self.store.insert(node, iso(self.clock.now))
        call.changed(change("create", node))
        shown = quote(self.urn(kind, str(node.id)), safe="") if kind == "creative" else str(node.id)
        return Reply(201, None, {"x-restli-id": shown, "x-linkedin-id": shown, "Location": f"{call.path}/{shown}"})

    def update(self, call: Call) -> Reply:
        self._enter(call)
        node = self._find(call)
        if call.headers.get("x-restli-method", "").upper() != "PARTIAL_UPDATE":
            raise refuse(400, "ILLEGAL_ARGUMENT", "X-RestLi-Method header is missing or not PARTIAL_UPDATE")
        patch = self._body(call).get("patch")
        changes = patch.get("$set", {}) if isinstance(patch, dict) else None
        gone = patch.get("$delete", []) if isinstance(patch, dict) else None
        if not isinstance(changes, dict) or not isinstance(gone, list) or not (changes or gone):
            raise refuse(400, "ILLEGAL_ARGUMENT", "The patch must contain $set or $delete")
        for name in (*changes, *gone):
            if name in FIXED or str(name).startswith("_"):
                raise refuse(400, "UNMODIFIABLE_FIELD", f"/{name} cannot be modified", 100)
        for name in gone:
            node.body.pop(name if isinstance(name, str) else "", None)
        apply(self, node, changes)
        node.body["_version"] = int(node.body.get("_version", 1)) + 1
        self.store.save(node, iso(self.clock.now))
        call.changed(change("update", node))
        return Reply(204)

    def remove(self, call: Call) -> Reply:
        self._enter(call)
        node = self._find(call)
        name = "intendedStatus" if node.kind == "creative" else "status"
        if node.body[name] != "DRAFT":
            raise refuse(
                400, "INVALID_VALUE", "Only entities in DRAFT can be deleted; set PENDING_DELETION instead", 100
            )
        self.store.delete(node)
        call.changed(change("delete", node))
        return Reply(204)

    def read(self, call: Call) -> Reply:
        self._enter(call)
        return _json(self.show(self._find(call)))

    def list(self, call: Call) -> Reply:
        """q=search for groups and campaigns, q=criteria for creatives; pages by `pageToken` or by `start`/`count`."""
        self._enter(call)
        kind, asked = KINDS[call.params["edge"]], parameters(call)
        finder = "criteria" if kind == "creative" else "search"
        if asked.get("q", finder) not in (finder, "search"):
            raise bad_parameter("q")
        test = criteria(self, kind, asked)
        nodes = [node for node in self.store.nodes(self.name, kind, call.account) if test(node)]
        if asked.get("sortOrder") == "DESCENDING":
            nodes.reverse()
        if "start" in asked or "count" in asked:
            start, count = _whole(asked, "start", 0, 0), _whole(asked, "count", 10)
            paging = {"start": start, "count": count, "total": len(nodes), "links": []}
            return _json({"paging": paging, "elements": [self.show(node) for node in nodes[start : start + count]]})
        size = min(_whole(asked, "pageSize", 100), 1000)
        if token := asked.get("pageToken"):
            if not re.fullmatch(r"id\d{1,18}", str(token), re.ASCII):
                raise bad_parameter("pageToken")
            at = int(str(token)[2:])
            nodes = [n for n in nodes if (n.id < at if asked.get("sortOrder") == "DESCENDING" else n.id > at)]
        shown = nodes[:size]
        metadata = {"nextPageToken": f"id{shown[-1].id}"} if len(nodes) > size else {}
        return _json({"elements": [self.show(node) for node in shown], "metadata": metadata})

    def show(self, node: Node) -> Json:
        """An entity as GET shows it."""
        stored = {name: value for name, value in node.body.items() if not name.startswith("_")}
        at = {"created": _millis(node.created_at), "lastModified": _millis(node.updated_at)}
        if node.kind == "creative":
            return stored | {
                "id": self.urn("creative", str(node.id)), "createdAt": at["created"], "lastModifiedAt": at["lastModified"],
                "isServing": self.serves(node), "servingHoldReasons": [] if self.serves(node) else ["STOPPED"],
            }  # fmt: skip
        actor = "urn:li:person:sandbox"
        return stored | {
            "id": node.id, "test": False, "servingStatuses": ["RUNNABLE"] if self.serves(node) else ["STOPPED"],
            "changeAuditStamps": {name: {"actor": actor, "time": time} for name, time in at.items()},
            "version": {"versionTag": str(node.body.get("_version", 1))},
        }  # fmt: skip

    def serves(self, node: Node) -> bool:
        """Active, as is everything above it."""
        above: Node | None = node
        while above is not None:
            if above.body.get("intendedStatus", above.body.get("status")) != "ACTIVE":
                return False
            above = self.store.node(self.name, above.parent) if above.parent else None
        return True

    def urn(self, kind: str, id: str) -> str:
        return f"urn:li:{URNS[kind]}:{id}"

    def _authenticate(self, call: Call) -> None:
        """A bearer token, any but those that begin with "expired"; and the two headers of the versioned APIs."""
        if not call.bearer:
            raise refuse(401, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token", 65604)
        if call.bearer.startswith("expired"):
            raise refuse(401, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired", 65602)
        version = call.headers.get("linkedin-version", "")
        if not version:
            raise refuse(400, "VERSION_MISSING", "A version must be present. Please specify a version by adding the"
                         " LinkedIn-Version header.")  # fmt: skip
        if not re.fullmatch(r"20\d\d(0[1-9]|1[0-2])(\.\d\d)?", version, re.ASCII):
            raise refuse(426, "NONEXISTENT_VERSION", f"Requested version {version[:20]} is not active")
        if call.headers.get("x-restli-protocol-version", "") != "2.0.0":
            raise refuse(400, "ILLEGAL_ARGUMENT", "X-RestLi-Protocol-Version header must be 2.0.0")

    def _enter(self, call: Call) -> None:
        self._authenticate(call)
        if not re.fullmatch(r"\d{1,18}", call.params["account"], re.ASCII):
            raise refuse(
                400, "ILLEGAL_ARGUMENT", f"Path variable adAccountId {call.params['account'][:40]} is not a number"
            )
        call.account = call.params["account"]
        self.store.currency(self.name, call.account)

    def _find(self, call: Call) -> Node:
        kind = KINDS[call.params["edge"]]
        text = call.params["id"].removeprefix(f"urn:li:{URNS[kind]}:")
        node = (
            self.store.node(self.name, int(text), call.account) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else None
        )
        if node is None or node.kind != kind:
            raise refuse(404, "RESOURCE_NOT_FOUND", f"Could not find entity {call.params['id'][:80]}", 0)
        call.kind, call.reference = kind, node.name
        return node

    def _body(self, call: Call) -> Json:
        try:
            body = call.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise refuse(400, "BAD_REQUEST", "Cannot parse the request entity", 0)
        return body


def _whole(asked: Json, name: str, default: int, least: int = 1) -> int:
    text = str(asked.get(name, default))
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or int(text) < least:
        raise bad_parameter(name)
    return int(text)


def _millis(text: str) -> int:
    return int(parse_instant(text).timestamp() * 1000)


def _json(body: Any) -> Reply:
    return Reply(200, body, content_type="application/json")
