"""What agents do and decide."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

import msgspec
import strawberry

from umt.api import positions
from umt.api.graphql import things
from umt.api.graphql.column import column
from umt.api.graphql.enums import (
    EffectStatus,
    ErrorClass,
    ModelOutcome,
    Platform,
    RecommendationState,
    RunMode,
    RunStatus,
)
from umt.api.graphql.fields import field
from umt.api.graphql.pages import Listed
from umt.api.graphql.past import as_of
from umt.api.graphql.request import Info, Request
from umt.api.graphql.scalars import Currency, Long
from umt.api.graphql.types.money import Money
from umt.api.graphql.types.node import Node, looks_up, nodes_by_id
from umt.api.graphql.types.orders import AgentDecisionOrder, listed
from umt.application.lists import Order
from umt.application.queries import Row
from umt.domain import agent_run as domain
from umt.domain.errors import InvalidValue, NotFound
from umt.domain.workspace import MODEL_CURRENCY

MOST_STEPS: Final = 10_000
"""Most commands, effects or decisions that a list of runs may have."""


@strawberry.type(description="One figure or fact that a decision rests on.")
class Evidence:
    name: str = strawberry.field(description="What it is.")
    value: str = strawberry.field(description="Its value.")
    unit: str = strawberry.field(description="Its unit; empty without one.")


@strawberry.type(description="A limit that was checked before the decision.")
class Guardrail:
    name: str = strawberry.field(description="What is limited.")
    limit: str = strawberry.field(description="The limit.")
    observed: str = strawberry.field(description="What was found.")
    met: bool = strawberry.field(description="Whether it is kept.")


@strawberry.type(description="What an agent decided, why, on what evidence and within which limits.")
class AgentDecision:
    run: UUID = strawberry.field(description="The run in which it was decided.")
    agent: str = strawberry.field(description="The agent's name.")
    action: str = strawberry.field(description="E.g. reallocate, pause, raise_budget, alert, hold.")
    subject_kind: str = strawberry.field(description="What kind of thing it is about.")
    subject: UUID = strawberry.field(description="The thing it is about.")
    target: str = strawberry.field(description="The platform or channel; source and target as source>target.")
    amount: Decimal | None = strawberry.field(description="Money concerned; null without any.")
    currency: Currency | None = strawberry.field(description="ISO 4217 code of the amount; null without one.")
    reason: str = strawberry.field(description="Why, in plain words.")
    rule: str = strawberry.field(description="The policy that decided.")
    score: Decimal | None = strawberry.field(description="Performance score between 0 and 1 that was judged.")
    confidence: Decimal | None = strawberry.field(description="How sure the policy is, between 0 and 1.")
    evidence: list[Evidence] = strawberry.field(description="What it rests on.")
    guardrails: list[Guardrail] = strawberry.field(description="The limits that were checked.")
    decided_at: datetime = strawberry.field(description="When, by the business's clock.")
    position: str = strawberry.field(description="Where in the log it was recorded.")
    proposal: UUID | None = strawberry.field(
        description="The recommendation that it is about, for the query `recommendation`; null without one: of what only"
        " informs, and of what was decided before recommendations were kept."
    )
    as_of: strawberry.Private[int | None] = dataclasses.field(default=None, init=False)
    """The position at which it is seen; None: as it is."""

    @column("The thing it is about; null for what is no thing of its own, or not for the caller to see.")
    async def about(decisions: Sequence[AgentDecision], info: Info) -> Sequence[Node | None]:
        at = as_of(decisions)
        return await things.each(
            info.context, partial(nodes_by_id, at=at), [decision.subject for decision in decisions]
        )

    @classmethod
    def of_row(cls, row: Row) -> AgentDecision:
        return cls(**_decision(row))


@strawberry.type(
    description="What a change does to the platforms concerned, a day: expected of it, or measured as the mean of the days"
    " after it less that of the days before. Measured stands beside expected; it proves no cause."
)
class DailyEffect:
    spend: Decimal = strawberry.field(description="How much more is spent a day, in the currency; below zero, less.")
    outcome: Decimal = strawberry.field(description="How much more comes of it a day, in its unit; below zero, less.")
    outcome_unit: str = strawberry.field(description="What is counted: `conversions`, or the currency of the revenue.")
    currency: Currency | None = strawberry.field(description="ISO 4217 code of the spend; null if it is not known.")


@strawberry.type(
    description="What an agent recommends: carried out at once within its policy, for a person to decide, or for people to"
    " look at."
)
class Recommendation(AgentDecision):
    state: RecommendationState = strawberry.field(description="What came of it.")
    rejection: str | None = strawberry.field(description="Why it was rejected; null if it was not.")
    asked_by: str | None = strawberry.field(
        description="Who had the campaign judged, as `kind:id`; they cannot accept it themselves. Null if not known."
    )
    decided_by: str | None = strawberry.field(
        description="Who accepted or rejected it, as `kind:id`; `policy` if it was within the policy; null if nobody did."
    )
    expires_at: datetime | None = strawberry.field(
        description="Until when a person can accept it; null where none is asked."
    )
    applied_at: datetime | None = strawberry.field(description="When the campaign was changed; null if it was not.")
    measured_at: datetime | None = strawberry.field(
        description="When what came of it was measured; null if it was not."
    )
    expected: DailyEffect | None = strawberry.field(
        description="What it was expected to do; null where nothing was known to expect it from."
    )
    measured: DailyEffect | None = strawberry.field(description="What was seen of it; null until it is measured.")

    @classmethod
    def of_row(cls, row: Row) -> Recommendation:
        """From the read model `recommendations`, which has what agents only inform of, too."""
        return cls(
            **_decision(row),
            **{name: row[name] for name in _OF_RECOMMENDATION},
            state=RecommendationState(row["state"]),
            expected=_effect_on_days(row, "expected", row["spend_currency"]),
            measured=_effect_on_days(row, "measured", row["spend_currency"]),
        )

    @classmethod
    def of_its_own(cls, row: Row) -> Recommendation:
        """From the read model `agent_recommendations`, which has those with an id."""
        moves = row["amount"] is not None
        return cls.of_row(
            {
                **row,
                "subject_kind": "campaign",
                "subject": row["campaign"],
                "target": f"{row['platform']}>{row['target']}" if row["target"] else row["platform"],
                "currency": row["currency"] if moves else None,
                "spend_currency": row["currency"],
                "decided_at": row["made_at"],
            }
        )


_OF_RECOMMENDATION: Final = ("rejection", "asked_by", "decided_by", "expires_at", "applied_at", "measured_at")


def _effect_on_days(row: Row, which: str, currency: str | None) -> DailyEffect | None:
    spend, outcome, unit = row[f"{which}_spend"], row[f"{which}_outcome"], row["outcome_unit"]
    if spend is None or outcome is None or unit is None:
        return None
    return DailyEffect(
        spend=spend, outcome=outcome, outcome_unit=unit, currency=Currency(currency) if currency else None
    )


def _decision(row: Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in _OF_DECISION},
        "proposal": row["recommendation"],
        "currency": row["currency"] or None,
        "evidence": msgspec.convert(row["evidence"], list[domain.Evidence]),
        "guardrails": msgspec.convert(row["guardrails"], list[domain.Guardrail]),
        "position": positions.encode(row["position"]),
    }


_OF_DECISION = (
    "run",
    "agent",
    "action",
    "subject_kind",
    "subject",
    "target",
    "amount",
    "reason",
    "rule",
    "score",
    "confidence",
    "decided_at",
)


@strawberry.type(description="What an agent looked at before it decided.")
class Fact:
    key: str = strawberry.field(description="What was asked.")
    value: str = strawberry.field(description="The answer, as JSON.")


@strawberry.type(description="A command that an agent issued.")
class AgentCommand:
    command: str = strawberry.field(description="Its name, e.g. PausePlatform.")
    accepted: bool = strawberry.field(
        description="Whether it was carried out; a rejection is an outcome and never tried again."
    )
    outcome: str = strawberry.field(description="accepted, or why it was rejected.")
    issued_at: datetime = strawberry.field(description="When, by the business's clock.")


@strawberry.type(description="Something that an agent asked of the outside: of platforms, language models, mail.")
class AgentEffect:
    id: UUID = strawberry.field(description="Its id.")
    kind: str = strawberry.field(description="What was asked for, e.g. CreateAd, SetBudget, CollectPerformance.")
    platform: Platform | None = strawberry.field(
        description="The platform or channel that was asked; null without one."
    )
    status: EffectStatus = strawberry.field(description="How far it has come.")
    attempts: int = strawberry.field(description="How often it was tried, as far as tries are recorded.")
    error: str | None = strawberry.field(
        description="What the newest failure said; null without one, or once it succeeded."
    )
    retry_at: datetime | None = strawberry.field(description="When it is tried again; null when it is not to be.")
    requested_at: datetime = strawberry.field(description="When it was asked for, by the business's clock.")
    settled_at: datetime | None = strawberry.field(
        description="When its outcome was known, by the business's clock; null while it is open."
    )
    error_class: ErrorClass | None = strawberry.field(
        description="What kind of failure the newest was; null without one, or where that is not known."
    )


@strawberry.type(description="A call to a language model, for an answer or for its repair.")
class ModelCall:
    effect: UUID = strawberry.field(description="The effect that it was made for.")
    attempt: int = strawberry.field(description="The try of the effect, counted from 1.")
    model: str = strawberry.field(description="The model's name.")
    service: str = strawberry.field(description="Host of the service that was asked.")
    prompt: str = strawberry.field(description="Version of the prompt, e.g. strategy@1.")
    prompt_sha256: str = strawberry.field(description="SHA-256 of the prompt's text, in hexadecimal digits.")
    repair: str | None = strawberry.field(
        description="Version of what asked for a repair, e.g. repair@1; null at the first answer."
    )
    outcome: ModelOutcome = strawberry.field(description="What came of it.")
    error: str | None = strawberry.field(description="What was wrong; null if nothing was.")
    input_tokens: Long | None = strawberry.field(
        description="Tokens that were sent, as the service reports them; null if it does not."
    )
    cached_tokens: Long | None = strawberry.field(
        description="Those of them that the service had in its cache; null without a report."
    )
    output_tokens: Long | None = strawberry.field(
        description="Tokens that were written, as the service reports them; null if it does not."
    )
    cost: Money | None = strawberry.field(
        description="Null where tokens or the model's price are not known, which does not mean free."
    )
    milliseconds: Long = strawberry.field(description="How long it took, in milliseconds.")
    response: str | None = strawberry.field(description="The service's own id of the response; null without one.")
    called_at: datetime = strawberry.field(description="When it was recorded, by the business's clock.")


@strawberry.type(description="What calls to language models cost together.")
class ModelCost:
    amount: Money = strawberry.field(description="The sum of the costs that are known.")
    calls: int = strawberry.field(description="How many calls there were.")
    unpriced: int = strawberry.field(description="How many of them have no known cost, so that the sum is too small.")


@strawberry.type(description="One reaction of an agent to an event or a timer.")
class AgentRun(Node):
    agent: str = strawberry.field(description="The agent's name.")
    trigger_type: str = strawberry.field(description="The event or timer that set it off.")
    subject_kind: str = strawberry.field(description="What kind of thing it is about.")
    subject: UUID = strawberry.field(description="The thing it is about.")
    status: RunStatus = strawberry.field(description="How far it has come.")
    pending_effects: int = strawberry.field(description="Effects whose outcome is still open.")
    failed_effects: int = strawberry.field(description="Effects that failed for good.")
    last_error: str | None = strawberry.field(description="What the newest failure said; null without one.")
    started_at: datetime = strawberry.field(description="When it began, by the business's clock.")
    completed_at: datetime | None = strawberry.field(description="When nothing was left to do; null until then.")
    version: int = strawberry.field(description="Counts what happened in it.")
    position: str = strawberry.field(description="Where it last changed.")
    correlation: UUID = strawberry.field(description="Shared by everything that one request led to.")
    mode: RunMode = strawberry.field(description="What its steps may do.")
    held_because: str | None = strawberry.field(description="For what the reaction waits; null when it does not.")

    @column("The thing it is about; null for what is no thing of its own, or not for the caller to see.")
    async def about(runs: Sequence[AgentRun], info: Info) -> Sequence[Node | None]:
        return await things.each(info.context, nodes_by_id, [run.subject for run in runs])

    @column("What the agent looked at, from the log.")
    async def facts(runs: Sequence[AgentRun], info: Info) -> Sequence[list[Fact]]:
        ids = list(dict.fromkeys(run.id for run in runs))
        known = await info.context.services.queries.states(await info.context.caller(), domain.AgentRun, ids)
        return [[Fact(key=key, value=value) for key, value in known[run.id][0].facts.items()] for run in runs]

    @column("What the agent decided, in that order.")
    async def decisions(runs: Sequence[AgentRun], info: Info) -> Sequence[list[AgentDecision]]:
        rows = await _of_runs(info.context, "agent_decisions", runs, "sequence")
        return [[AgentDecision.of_row(row) for row in each] for each in rows]

    @column("The commands that it issued, in that order, and whether the rules of the domain let them.")
    async def commands(runs: Sequence[AgentRun], info: Info) -> Sequence[list[AgentCommand]]:
        rows = await _of_runs(info.context, "agent_commands", runs, "sequence")
        names = ("command", "accepted", "outcome", "issued_at")
        return [[AgentCommand(**{name: row[name] for name in names}) for row in each] for each in rows]

    @column("What it asked of the outside, in that order, and what came of it.")
    async def effects(runs: Sequence[AgentRun], info: Info) -> Sequence[list[AgentEffect]]:
        rows = await _of_runs(info.context, "agent_effects", runs, "requested_at", "effect")
        return [[_effect(row) for row in each] for each in rows]

    @column("The calls to language models that it made, in that order, failed ones too.")
    async def model_calls(runs: Sequence[AgentRun], info: Info) -> Sequence[list[ModelCall]]:
        rows = await _of_runs(info.context, "agent_model_calls", runs, "sequence")
        return [[_model_call(row) for row in each] for each in rows]

    @column("What its calls to language models cost together.")
    async def model_cost(runs: Sequence[AgentRun], info: Info) -> Sequence[ModelCost]:
        rows = await _of_runs(info.context, "agent_model_calls", runs, "sequence")
        return [_model_cost(each) for each in rows]

    @classmethod
    def of_row(cls, row: Row) -> AgentRun:
        given = {name: row[name] for name in _OF_RUN}
        return cls(
            id=row["run"],
            status=RunStatus(row["status"]),
            mode=RunMode(row["mode"]),
            position=positions.encode(row["position"]),
            **given,
        )


_OF_RUN = (
    "agent",
    "trigger_type",
    "subject_kind",
    "subject",
    "pending_effects",
    "failed_effects",
    "last_error",
    "started_at",
    "completed_at",
    "version",
    "correlation",
    "held_because",
)


async def _of_runs(request: Request, view: str, runs: Sequence[AgentRun], *order: str) -> list[list[Row]]:
    """What a read model has of each run, in the order."""
    rows = await request.services.queries.many(
        await request.caller(),
        view,
        where={"run": [run.id for run in runs]},
        order=("run", *order),
        limit=MOST_STEPS + 1,
        at_least=request.at_least,
    )
    if len(rows) > MOST_STEPS:
        raise InvalidValue("first", f"gives more than {MOST_STEPS} steps of runs; ask for fewer runs")
    steps: dict[UUID, list[Row]] = defaultdict(list)
    for row in rows:
        steps[row["run"]].append(row)
    return [steps[run.id] for run in runs]


def _effect(row: Row) -> AgentEffect:
    platform = row["platform"]
    return AgentEffect(
        **{name: row[name] for name in _OF_EFFECT},
        id=row["effect"],
        platform=Platform(platform) if platform in set(Platform) else None,
        status=EffectStatus(row["status"]),
        error_class=ErrorClass(of) if (of := row["error_class"]) in set(ErrorClass) else None,
    )


def _model_call(row: Row) -> ModelCall:
    cost = row["cost"]
    return ModelCall(
        **{name: row[name] for name in _OF_CALL},
        outcome=ModelOutcome(row["outcome"]),
        cost=None if cost is None else Money(amount=cost, currency=Currency(row["currency"])),
    )


def _model_cost(rows: Sequence[Row]) -> ModelCost:
    known = [row["cost"] for row in rows if row["cost"] is not None]
    amount = Money(amount=sum(known, Decimal(0)), currency=Currency(MODEL_CURRENCY))
    return ModelCost(amount=amount, calls=len(rows), unpriced=len(rows) - len(known))


_OF_CALL = (
    "effect",
    "attempt",
    "model",
    "service",
    "prompt",
    "prompt_sha256",
    "repair",
    "error",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "milliseconds",
    "response",
    "called_at",
)

_OF_EFFECT = ("kind", "attempts", "error", "retry_at", "requested_at", "settled_at")


@strawberry.type(description="What agents still have to do in the workspace.")
class AgentActivity:
    position: str = strawberry.field(description="The log's newest event, for `atLeast`.")
    unread_events: Long = strawberry.field(description="Events that some agent has not read yet.")
    open_runs: Long = strawberry.field(description="Reactions that are not completed.")
    due_timers: Long = strawberry.field(description="Reminders whose time has come.")

    @field("Whether there is nothing left to do.")
    def idle(self) -> bool:
        return not (self.unread_events or self.open_runs or self.due_timers)


def decisions_in(order: AgentDecisionOrder | None) -> Listed:
    """Decisions in an order; the log's, if nothing is said."""
    return listed("decisions", ("run", "sequence"), order, Order(("position",)))


@looks_up("agent_run")
async def agent_runs_by_id(request: Request, ids: list[UUID]) -> list[AgentRun | NotFound]:
    """The runs with these ids."""
    found = await things.of_read_model(request, ids, "agent_runs", "run", AgentRun.of_row)
    return things.in_order(ids, found, "agent_run")
