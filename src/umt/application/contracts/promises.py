"""What holds for every value of a column and for every row of a view, beyond its type."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from umt.application.contracts.published import PublishedColumn, PublishedView
from umt.application.ports import ErrorClass
from umt.domain import campaign, content, integration, recommendation
from umt.domain.agent_run import EffectStatus, RunMode
from umt.domain.platform import Platform
from umt.domain.recorded import ActorKind
from umt.domain.template import Format


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the values of a column; all but ``required`` of those that are not null."""

    required: bool = False
    minimum: int | None = None
    maximum: int | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """What holds for each row: an SQL condition that is true, or null where something is not known."""

    name: str
    meaning: str
    condition: str


def promise(view: PublishedView, column: PublishedColumn) -> Promise:
    """What holds for a column of a view."""
    found = _OF_ONE_VIEW.get((view.name, column.name)) or _EVERYWHERE.get(column.name) or Promise()
    if column.summed or column.name in view.key:
        found = msgspec.structs.replace(found, required=True)
    return found


def rules(view: PublishedView) -> tuple[Rule, ...]:
    """What holds for each row of a view, beside its columns' promises."""
    present = {column.name for column in view.columns}
    return tuple(rule for columns, rule in _RULES if columns <= present)


def _one_of(kind: type[StrEnum], *, required: bool = False) -> Promise:
    return Promise(required=required, values=tuple(sorted(member.value for member in kind)))


_CURRENCY: Final = Promise(pattern="^[A-Z]{3}$")
_MAYBE_CURRENCY: Final = Promise(pattern="^([A-Z]{3})?$")
_COUNT: Final = Promise(minimum=0)
_SHARE: Final = Promise(minimum=0, maximum=1)
_FROM_ONE: Final = Promise(minimum=1)
_GIVEN: Final = Promise(required=True)

_EVERYWHERE: Final[Mapping[str, Promise]] = {
    "position": Promise(required=True, minimum=1),
    "updated_at": _GIVEN,
    "incomplete": _GIVEN,
    "currency": _CURRENCY,
    "platform": _one_of(Platform),
    "impressions": _COUNT,
    "clicks": _COUNT,
    "conversions": _COUNT,
    "leads": _COUNT,
    "spend": _COUNT,
    "total_budget": _COUNT,
    "amount": _COUNT,
    "score": _SHARE,
    "confidence": _SHARE,
    "sequence": _FROM_ONE,
    "ctr": _COUNT,
    "cpc": _COUNT,
    "cpa": _COUNT,
    "restatements": _COUNT,
    "failures": _COUNT,
    "version": Promise(required=True, minimum=1),
    "created_at": _GIVEN,
    "recorded_at": _GIVEN,
    "effective_at": _GIVEN,
    "decided_at": _GIVEN,
    "archived": _GIVEN,
}
"""By a column's name: a name means the same in every view."""

_BUDGET_ACTION: Final = Promise(required=True, values=("allocate", "pause", "raise_budget", "reallocate", "resume"))

_OF_ONE_VIEW: Final[Mapping[tuple[str, str], Promise]] = {
    ("ad_sets", "state"): Promise(required=True, values=("created", "planned", "refused", "removed")),
    ("agent_commands", "accepted"): _GIVEN,
    ("agent_decisions", "currency"): _MAYBE_CURRENCY,
    ("agent_decisions", "agent"): _GIVEN,
    ("agent_decisions", "action"): _GIVEN,
    ("agent_decisions", "reason"): _GIVEN,
    ("agent_effects", "status"): _one_of(EffectStatus, required=True),
    ("agent_effects", "error_class"): _one_of(ErrorClass),
    ("agent_recommendations", "state"): _one_of(recommendation.Status, required=True),
    ("agent_recommendations", "currency"): _MAYBE_CURRENCY,
    ("agent_runs", "agent"): _GIVEN,
    ("agent_runs", "status"): Promise(required=True, values=("cancelled", "completed", "failed", "held", "running")),
    ("agent_runs", "mode"): _one_of(RunMode, required=True),
    ("agent_runs", "pending_effects"): _COUNT,
    ("agent_runs", "failed_effects"): _COUNT,
    ("agent_runs", "started_at"): _GIVEN,
    ("brands", "name"): _GIVEN,
    ("budget_history", "action"): _BUDGET_ACTION,
    ("campaign_changes", "action"): _BUDGET_ACTION,
    ("campaign_overview", "status"): _one_of(campaign.Status, required=True),
    ("campaign_overview", "objective"): _one_of(campaign.Objective),
    ("campaigns", "name"): _GIVEN,
    ("campaigns", "status"): _one_of(campaign.Status, required=True),
    ("campaigns", "objective"): _one_of(campaign.Objective),
    ("campaigns", "currency"): msgspec.structs.replace(_CURRENCY, required=True),
    ("contents", "title"): _GIVEN,
    ("contents", "format"): _one_of(Format, required=True),
    ("contents", "status"): _one_of(content.Status, required=True),
    ("integrations", "platform"): _one_of(Platform, required=True),
    ("integrations", "status"): _one_of(integration.Status, required=True),
    ("templates", "name"): _GIVEN,
    ("templates", "format"): _one_of(Format, required=True),
    ("templates", "retired"): _GIVEN,
    ("event_log", "workspace"): _GIVEN,
    ("event_log", "stream"): _GIVEN,
    ("event_log", "type"): _GIVEN,
    ("event_log", "schema_version"): Promise(required=True, minimum=1),
    ("event_log", "effective_at"): Promise(),
    ("event_log", "actor_kind"): _one_of(ActorKind),
    ("optimisation_log", "currency"): _MAYBE_CURRENCY,
    ("publications", "channel"): _one_of(Platform),
    ("publications", "state"): Promise(required=True, values=("failed", "published", "requested", "scheduled")),
    ("recommendations", "currency"): _MAYBE_CURRENCY,
    ("recommendations", "state"): Promise(
        required=True,
        values=("accepted", "applied", "expired", "open", "proposed", "rejected", "simulated"),
    ),
    ("projection_status", "state"): Promise(
        required=True, values=("building", "catching_up", "current", "failing", "silent")
    ),
    ("projection_status", "generation"): _FROM_ONE,
    ("projection_status", "position"): Promise(required=True, minimum=0),
    ("projection_status", "head"): Promise(required=True, minimum=0),
    ("projection_status", "lag_events"): Promise(required=True, minimum=0),
    ("projection_status", "lag_seconds"): Promise(required=True, minimum=0),
    ("projection_status", "dead_letters"): Promise(required=True, minimum=0),
    ("projection_status", "live"): _GIVEN,
    ("projection_status", "beat_at"): _GIVEN,
}
"""Where a view says more than the name does."""

_RULES: Final[tuple[tuple[frozenset[str], Rule], ...]] = (
    (
        frozenset({"starts_on", "ends_on"}),
        Rule("ends_after_start", "A schedule ends on its first day or later.", "ends_on >= starts_on"),
    ),
    (
        frozenset({"started_at", "completed_at"}),
        Rule("completed_after_start", "Nothing is completed before it began.", "completed_at >= started_at"),
    ),
    (
        frozenset({"projection", "position", "head"}),
        Rule("not_ahead_of_the_log", "No projection is ahead of the log.", "position <= head"),
    ),
)
"""By the columns that a view must have for the rule to make sense."""
