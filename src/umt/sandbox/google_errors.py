"""Google Ads API failures: `google.rpc.Status` with a `GoogleAdsFailure` ("Google Ads API: Understand API errors")."""

import re
from hashlib import blake2b
from typing import Any

from umt.sandbox.wire import Call, Json, Refusal, Reply

STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
          429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}  # fmt: skip
MESSAGE = {
    400: "Request contains an invalid argument.",
    401: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
    " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
    403: "The caller does not have permission",
    404: "Requested entity was not found.",
    429: "Resource has been exhausted (e.g. check quota).",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
}


class Problem(Exception):
    """One GoogleAdsError: `{kind: code}`, its message, where (`operations[2].create.name`), and what set it off."""

    def __init__(self, kind: str, code: str, message: str, *path: str, trigger: Any = None) -> None:
        super().__init__(message)
        self.error: Json = {"errorCode": {kind: code}, "message": message}
        self.path = path
        self.trigger = trigger

    def as_json(self, operation: int | None) -> Json:
        body = dict(self.error)
        if self.trigger is not None:
            body["trigger"] = {"stringValue": str(self.trigger)}
        elements: list[Json] = [] if operation is None else [{"fieldName": "operations", "index": operation}]
        for part in self.path:
            elements.append(
                {"fieldName": re.sub(r"(?<=[a-z0-9])[A-Z]", lambda capital: f"_{capital[0].lower()}", part)}
            )
        if elements:
            body["location"] = {"fieldPathElements": elements}
        return body


def request_id(call: Call) -> str:
    return blake2b(call.body + call.path.encode(), digest_size=11).hexdigest()


def status_body(call: Call, version: str, http: int, errors: list[Json]) -> Json:
    details = [{
        "@type": f"type.googleapis.com/google.ads.googleads.{version}.errors.GoogleAdsFailure", "errors": errors,
        "requestId": request_id(call),
    }]  # fmt: skip
    body: Json = {"code": http, "message": MESSAGE.get(http, "Unknown error."), "status": STATUS.get(http, "UNKNOWN")}
    return body | ({"details": details} if errors else {})


def reply(call: Call, http: int, *errors: Json) -> Reply:
    parts = call.path.split("/")
    return Reply(http, {"error": status_body(call, parts[1] if len(parts) > 1 else "v21", http, list(errors))})


def refuse(call: Call, problem: Problem, http: int = 400) -> Refusal:
    return Refusal(reply(call, http, problem.as_json(None)))
