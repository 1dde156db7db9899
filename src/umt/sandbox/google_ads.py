"""Google Ads API over REST: mutate services and search, any version `/vN/customers/...` ("Google Ads API: REST").

Resource names like `customers/1/campaigns/2` are the ids; int64 travel as strings; failures as GoogleAdsFailure.
"""

import re
from datetime import date
from typing import Any

from umt.sandbox import google_places, google_search
from umt.sandbox.clock import Clock, iso
from umt.sandbox.delivery import Delivery, fingerprint
from umt.sandbox.google_delivery import line_items
from umt.sandbox.google_errors import Problem, refuse, reply, status_body
from umt.sandbox.google_resources import RESOURCES, Resource, check, composite, require
from umt.sandbox.ledger import change
from umt.sandbox.store import Node, Store
from umt.sandbox.wire import Call, Json, Refusal, Reply, Route

FIRST_ID = 20_000_000_000
MAX_OPERATIONS = 10_000
KINDS = {resource.kind: service for service, resource in RESOURCES.items()}


class GoogleAds:
    """Customers, and what they advertise."""

    name = "google_ads"

    def __init__(self, store: Store, clock: Clock, delivery: Delivery) -> None:
        self.store, self.clock, self.delivery = store, clock, delivery
        delivery.sources.append(lambda day: line_items(self, day))
        customer = r"/v\d+/customers/(?P<account>[^/:]+)"
        self.routes = [
            Route("GET", r"/v\d+/customers:listAccessibleCustomers", self.customers),
            Route("POST", r"/v\d+/geoTargetConstants:suggest", self.suggest),
            Route("POST", customer + r"/googleAds:search", self.search),
            Route("POST", customer + r"/googleAds:searchStream", self.stream),
            Route("POST", customer + rf"/(?P<service>{'|'.join(RESOURCES)}):mutate", self.mutate),
        ]

    def owns(self, path: str) -> bool:
        return re.match(r"/v\d+/", path) is not None

    def unknown(self, call: Call) -> Reply:
        return reply(call, 404)

    def rate_limited(self, call: Call) -> Reply:
        problem = Problem("quotaError", "RESOURCE_EXHAUSTED", "Too many requests. Retry in 1 seconds.").as_json(None)
        problem["details"] = {"quotaErrorDetails": {
            "rateScope": "DEVELOPER", "rateName": "Number of operations for basic access", "retryDelay": "1s"}}  # fmt: skip
        return reply(call, 429, problem)

    def unavailable(self, call: Call, status: int) -> Reply:
        if status == 500:
            return reply(
                call, 500, Problem("internalError", "INTERNAL_ERROR", "An internal error has occurred.").as_json(None)
            )
        return reply(call, status)

    def finish(self, call: Call, reply: Reply) -> None:
        details = reply.body["error"].get("details") if reply.status >= 400 else None
        if details:
            reply.headers["request-id"] = details[0]["requestId"]

    def customers(self, call: Call) -> Reply:
        self._authenticate(call)
        return Reply(200, {"resourceNames": [f"customers/{a}" for _, a, _ in self.store.accounts(self.name)]})

    def suggest(self, call: Call) -> Reply:
        self._authenticate(call)
        return google_places.suggest(call, self._request(call))

    def search(self, call: Call) -> Reply:
        request = self._enter(call)
        return google_search.search(self, call, request)

    def stream(self, call: Call) -> Reply:
        request = self._enter(call)
        return google_search.stream(self, call, request)

    def mutate(self, call: Call) -> Reply:
        """All operations or none, unless `partialFailure`; `validateOnly` changes nothing."""
        request = self._enter(call)
        service = call.params["service"]
        call.kind = RESOURCES[service].kind
        operations = request.get("operations")
        if not isinstance(operations, list) or not operations:
            problem = Problem("requestError", "REQUIRED_FIELD_MISSING", "Required field is missing", "operations")
            raise refuse(call, problem)
        if len(operations) > MAX_OPERATIONS:
            raise refuse(call, Problem("requestError", "TOO_MANY_MUTATE_OPERATIONS", "Too many operations."))
        results: list[Json] = []
        errors: list[Json] = []
        for index, operation in enumerate(operations):
            self.store.db.execute("SAVEPOINT operation")
            try:
                results.append({"resourceName": self._operate(call, service, operation)})
            except Problem as problem:
                self.store.db.execute("ROLLBACK TO operation")
                errors.append(problem.as_json(index))
                results.append({})
            self.store.db.execute("RELEASE operation")
        if errors and not request.get("partialFailure"):
            raise Refusal(reply(call, 400, *errors))
        if request.get("validateOnly"):
            call.effects.clear()
            raise Refusal(Reply(200, {}))
        answer: Json = {"results": results}
        if errors:
            failure = status_body(call, call.path.split("/")[1], 400, errors)
            answer["partialFailureError"] = {"code": 3, "message": failure["message"], "details": failure["details"]}
        return Reply(200, answer)

    def _operate(self, call: Call, service: str, operation: Any) -> str:
        if not isinstance(operation, dict):
            raise Problem("requestError", "OPERATION_REQUIRED", "An operation is required.")
        if isinstance(operation.get("create"), dict):
            return self._create(call, service, operation["create"])
        if isinstance(operation.get("update"), dict):
            return self._update(call, service, operation["update"], operation.get("updateMask"))
        if isinstance(operation.get("remove"), str):
            node = self._named(call, service, operation["remove"], "remove")
            node.body["status"] = "REMOVED"
            return self._save(call, service, node, "delete")
        raise Problem("requestError", "OPERATION_REQUIRED", "Mutate operation should have either create, update, or remove"
                      " specified.")  # fmt: skip

    def _create(self, call: Call, service: str, given: Json) -> str:
        resource = RESOURCES[service]
        call.reference = str(given.get("name") or "")
        fields = check(resource, {key: value for key, value in given.items() if key != "resourceName"}, "create")
        require(resource, fields)
        parent = None
        if resource.parent:
            parent = self._named(call, resource.parent_service, fields.get(resource.parent), "create", resource.parent)
        if resource.kind == "campaign":
            self._dates(fields, "create")
        node = Node(self.name, call.account, resource.kind, FIRST_ID + self.store.next(self.name),
                    self._reference(resource, fields), parent.id if parent else None)  # fmt: skip
        node.body = {key: value for key, value in resource.defaults if value is not None} | fields
        if resource.kind == "campaign" and "startDate" not in node.body:
            node.body["startDate"] = self.clock.today.isoformat()
        self._unique(resource, node, "create")
        self.store.insert(node, iso(self.clock.now))
        call.changed(change("create", node))
        return self.resource_name(service, node)

    def _reference(self, resource: Resource, fields: Json) -> str:
        """The client's name; a nameless ad or criterion goes by its content."""
        name = fields.get("name") or (fields["ad"].get("name") if resource.kind == "ad_group_ad" else "")
        return str(name or fingerprint(fields))

    def _update(self, call: Call, service: str, given: Json, mask: Any) -> str:
        resource = RESOURCES[service]
        node = self._named(call, service, given.get("resourceName"), "update", "resource_name")
        call.reference = node.name
        if not isinstance(mask, str) or not mask.strip():
            raise Problem("fieldMaskError", "FIELD_MASK_MISSING", "The field mask must be provided for update operations.",
                          "update_mask")  # fmt: skip
        fields = check(resource, given, "update")
        for path in mask.split(","):
            name = _camel(path.strip().split(".")[0])
            if name not in resource.updatable:
                raise _not_updatable(resource, path.strip()[:80], name)
            if name in fields:
                node.body[name] = fields[name]
            elif name in resource.required or name in dict(resource.defaults):
                raise Problem("fieldError", "REQUIRED", "The required field was not present.", "update", name)
            else:
                node.body.pop(name, None)
        if fields.get("status") == "REMOVED":
            message = "Enum value is not permitted: use the remove operation."
            raise Problem("requestError", "INVALID_ENUM_VALUE", message, "update", "status", trigger="REMOVED")
        if resource.kind == "campaign":
            if node.body.get("campaignBudget"):
                budget = self._named(call, "campaignBudgets", node.body["campaignBudget"], "update", "campaign_budget")
                node.parent = budget.id
            self._dates(node.body, "update")
        if resource.kind == "campaign_budget":
            self._enough(node)
        if resource.unique_name and node.body.get("name", node.name) != node.name:
            node.name = node.body["name"]
            self._unique(resource, node, "update")
        return self._save(call, service, node, "update")

    def _save(self, call: Call, service: str, node: Node, action: str) -> str:
        self.store.save(node, iso(self.clock.now))
        call.changed(change(action, node))
        return self.resource_name(service, node)

    def _enough(self, node: Node) -> None:
        total = int(node.body.get("totalAmountMicros", 0))
        if total and total < self.delivery.spent(self.name, node.id) * 10_000:
            raise Problem("campaignBudgetError", "MONEY_AMOUNT_TOO_SMALL", "The total is less than what has been spent.",
                          "update", "total_amount_micros", trigger=total)  # fmt: skip

    def _dates(self, fields: Json, action: str) -> None:
        for name in ("startDate", "endDate"):
            if name in fields:
                try:
                    fields[name] = date.fromisoformat(str(fields[name])).isoformat()
                except ValueError:
                    raise Problem("dateError", "INVALID_STRING_DATE", "The string date's format should be yyyy-mm-dd.",
                                  action, name, trigger=fields[name]) from None  # fmt: skip
        start = fields.get("startDate", self.clock.today.isoformat())
        if action == "create" and start < self.clock.today.isoformat():
            raise Problem(
                "dateRangeError", "CANNOT_SET_DATE_TO_PAST", "Cannot set date to past time.", action, "start_date"
            )
        if fields.get("endDate", "9999") < start:
            raise Problem("dateRangeError", "START_DATE_AFTER_END_DATE", "The start date was after the end date.",
                          action, "end_date")  # fmt: skip

    def _unique(self, resource: Resource, node: Node, action: str) -> None:
        if resource.unique_name is None:
            return
        kind, code, message = resource.unique_name
        parent = node.parent if resource.kind == "ad_group" else None
        for other in self.store.nodes(self.name, node.kind, node.account, node.name, parent):
            if other.id != node.id and other.body.get("status") != "REMOVED":
                raise Problem(kind, code, message, action, "name", trigger=node.name)

    def _named(self, call: Call, service: str, name: Any, *path: str) -> Node:
        """The node of a resource name of this customer. Raises `Problem`."""
        match = re.fullmatch(r"customers/(\d{1,18})/(\w+)/(?:(\d{1,18})~)?(\d{1,18})", str(name), re.ASCII)
        if match is None or match[2] != service:
            raise Problem("requestError", "RESOURCE_NAME_MALFORMED", "Resource name provided is malformed.", *path,
                          trigger=str(name)[:200])  # fmt: skip
        node = self.store.node(self.name, int(match[4]), call.account) if match[1] == call.account else None
        if node is None or KINDS[node.kind] != service or (match[3] and int(match[3]) != node.parent):
            raise Problem(
                "mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.", *path, trigger=str(name)[:200]
            )
        return node

    def resource_name(self, service: str, node: Node) -> str:
        id = f"{node.parent}~{node.id}" if composite(service) else str(node.id)
        return f"customers/{node.account}/{service}/{id}"

    def _authenticate(self, call: Call) -> None:
        if not call.bearer:
            raise Refusal(reply(call, 401))
        if call.bearer.startswith("expired"):
            problem = Problem(
                "authenticationError", "OAUTH_TOKEN_EXPIRED", "The Google account's OAuth token has expired."
            )
            raise refuse(call, problem, 401)
        if not call.headers.get("developer-token"):
            message = "The developer token is missing: set the HTTP header developer-token."
            raise refuse(call, Problem("requestError", "DEVELOPER_TOKEN_PARAMETER_MISSING", message))

    def _enter(self, call: Call) -> Json:
        self._authenticate(call)
        account = call.params["account"]
        if not re.fullmatch(r"\d{10}", account, re.ASCII):
            raise refuse(call, Problem("requestError", "INVALID_CUSTOMER_ID", f"Invalid customer ID '{account[:40]}'."))
        call.account = account
        self.store.currency(self.name, account)
        return self._request(call)

    def _request(self, call: Call) -> Json:
        try:
            request = call.json() if call.body else {}
        except ValueError as problem:
            body = reply(call, 400)
            body.body["error"]["message"] = f"Invalid JSON payload received. {problem}"
            raise Refusal(body) from None
        if not isinstance(request, dict):
            raise refuse(call, Problem("requestError", "UNKNOWN", "Invalid JSON payload received. Expected an object."))
        return request


def _not_updatable(resource: Resource, path: str, name: str) -> Problem:
    if name in ("id", "resourceName", resource.parent, *resource.required):
        return Problem("fieldError", "IMMUTABLE_FIELD", "The field cannot be modified.", "update_mask", trigger=path)
    message = f"The field mask contained an invalid field: '{path}'."
    return Problem("fieldMaskError", "FIELD_NOT_FOUND", message, "update_mask", trigger=path)


def _camel(path: str) -> str:
    """A field mask's path in either of its spellings: amount_micros or amountMicros."""
    return re.sub(r"_([a-z0-9])", lambda match: match[1].upper(), path)
