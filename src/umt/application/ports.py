"""What the application needs of the outside, as protocols; adapters implement them and bootstrap wires them.

Failures of outside services are one small tree::

    OutsideError
    ├── Transient         network, 5xx, rate limit: worth another try (``retry_after`` seconds when the service says so)
    │   ├── OutcomeUnknown  the request left but no answer came: look it up before trying again
    │   └── BreakerOpen     the service is left alone after failures: nothing was sent, and this was no try
    ├── Refused           the service says no for good: credential, validation, policy
    ├── BudgetUsedUp      a language model is not asked: its budget is used up, or could not be kept
    └── Unreadable        what is stored or answered cannot be what it should: trying again would not mend it
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol, Self

import msgspec

from umt.domain.agent_run import ModelOutcome, Parameter
from umt.domain.brand import Audience, Brand
from umt.domain.campaign import Creative, Objective, Schedule
from umt.domain.content import Brief, Strategy, Variation
from umt.domain.money import Money
from umt.domain.performance import Figures
from umt.domain.platform import Platform
from umt.domain.secret import Secret
from umt.domain.template import Template


class Clock(Protocol):
    """The business's time: the system's, or the simulated one of the sandbox."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        ...


class ErrorClass(StrEnum):
    """What kind of failure it was, which decides whether, how often and how fast it is tried again."""

    TRANSIENT = "transient"
    """The network, a time limit, too many calls: it passes by itself."""
    CLIENT = "client"
    """What was asked is not allowed or not valid: whoever asked is told, and nothing is tried again."""
    SERVER = "server"
    """The service broke, or our own code did: tried a few times."""
    FATAL = "fatal"
    """Data is not what it should be: never tried again, and the operator is told."""


class OutsideError(Exception):
    """An outside service did not do what it was asked. ``calls`` are those to a language model that came before."""

    error_class: ErrorClass = ErrorClass.CLIENT
    calls: tuple[ModelCall, ...] = ()

    def after(self, calls: Iterable[ModelCall]) -> Self:
        """This error, with the calls that came before it."""
        self.calls = tuple(calls)
        return self


class Transient(OutsideError):
    """It may work later."""

    error_class = ErrorClass.TRANSIENT

    def __init__(
        self, message: str, retry_after: float | None = None, error_class: ErrorClass = ErrorClass.TRANSIENT
    ) -> None:
        self.retry_after, self.error_class = retry_after, error_class
        super().__init__(message)


class OutcomeUnknown(Transient):
    """The request left, the answer was lost: whether it was done is to be looked up first."""


class BreakerOpen(Transient):
    """The service failed too often lately and is left alone for ``retry_after`` seconds. Nothing was sent."""

    def __init__(self, service: str, retry_after: float) -> None:
        self.service = service
        super().__init__(f"{service} failed too often lately and is left alone for {retry_after:.0f} s.", retry_after)


class Refused(OutsideError):
    """It will not work however often it is tried."""


class BudgetUsedUp(OutsideError):
    """The workspace's budget for language models does not allow another call. Nothing was sent."""


class Unreadable(OutsideError):
    """A record or an answer contradicts itself; trying again would not mend it."""

    error_class = ErrorClass.FATAL


class Connection(msgspec.Struct, frozen=True):
    """An account on a platform and what opens it. ``endpoint`` is a CMS site's address."""

    platform: Platform
    account: str
    secret: Secret
    endpoint: str | None = None

    def __repr__(self) -> str:
        return f"Connection({self.platform}, {self.account})"


class Account(msgspec.Struct, frozen=True):
    """What a platform says of an account."""

    name: str
    currency: str | None


class AdOrder(msgspec.Struct, frozen=True):
    """An ad to create. The references are unique names of ours: the platform is asked for them before anything
    is created, so that a repeated order finds what the first one made."""

    campaign_reference: str
    ad_reference: str
    objective: Objective
    budget: Money
    schedule: Schedule
    audience: Audience
    creative: Creative
    bid: Money | None = None


class CreatedAd(msgspec.Struct, frozen=True):
    """The platform's ids and the ad's status in the platform's words, in lower case."""

    external_id: str
    external_campaign_id: str
    status: str


class ReportedDay(msgspec.Struct, frozen=True):
    """What a platform now reports of one ad on one day."""

    ad: str
    day: date
    figures: Figures


class Report(msgspec.Struct, frozen=True):
    """Figures of a period as reported at one moment, in the account's currency."""

    currency: str
    days: tuple[ReportedDay, ...]


class AdPlatform(Protocol):
    """A platform that sells ads. One campaign there stands for one (campaign, platform) of ours and holds its budget."""

    async def verify(self, connection: Connection) -> Account: ...

    async def create_ad(self, connection: Connection, order: AdOrder) -> CreatedAd:
        """Find or create the campaign, its ad set, creative and ad by their references."""
        ...

    async def set_budget(self, connection: Connection, external_campaign_id: str, total: Money) -> None:
        """Set the campaign's total budget over its whole schedule."""
        ...

    async def set_active(self, connection: Connection, external_campaign_id: str, active: bool) -> None: ...

    async def performance(self, connection: Connection, external_campaign_id: str, since: date, until: date) -> Report:
        """Every ad's days from ``since`` to ``until``, both included, page by page."""
        ...


class Post(msgspec.Struct, frozen=True):
    """A text to publish. ``reference`` is a unique slug of ours, looked up before anything is created."""

    reference: str
    title: str
    body: str
    excerpt: str


class PublishedPost(msgspec.Struct, frozen=True):
    """Where the text can be read now."""

    url: str
    external_id: str


class Publisher(Protocol):
    """A channel that publishes texts."""

    async def verify(self, connection: Connection) -> Account: ...

    async def publish(self, connection: Connection, post: Post) -> PublishedPost:
        """Find or create the post by its reference and make it public."""
        ...


class PastPerformance(msgspec.Struct, frozen=True):
    """What earlier contents of a brand brought about."""

    title: str
    impressions: int
    clicks: int
    conversions: int
    spend: Decimal
    revenue: Decimal
    currency: str


class ModelCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call to a language model: what was sent, what came back, what it took and cost.

    ``service`` is the service's host, ``prompt`` the version of the prompt and ``prompt_sha256`` the hash of its text;
    ``repair`` is the version of what asks for a repair, None at the first answer. Tokens are None where the service did
    not report them; ``cost`` (in `MODEL_CURRENCY`) also where the model has no known price. ``counted`` is what a budget
    is charged with.
    """

    model: str
    service: str
    prompt: str
    prompt_sha256: str
    repair: str | None
    parameters: tuple[Parameter, ...]
    sent: str
    received: str
    outcome: ModelOutcome
    error: str | None = None
    error_class: ErrorClass | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    output_tokens: int | None = None
    cost: Decimal | None = None
    counted: Decimal | None = None
    milliseconds: int
    response: str | None = None


class Allowance(msgspec.Struct, frozen=True):
    """What language models may cost a workspace this month, None for no limit, and what they did already."""

    budget: Money | None = None
    spent: Decimal = Decimal(0)

    def is_used_up(self, more: Decimal = Decimal(0)) -> bool:
        """Whether nothing is left once ``more`` is spent."""
        return self.budget is not None and self.spent + more >= self.budget.amount


UNLIMITED: Final = Allowance()


class Written(msgspec.Struct, frozen=True):
    """A writer's answer with what it took: model, prompt version and tokens (0 for the offline writer).

    ``fallback`` says why it was not the model that wrote, and is empty if nothing kept it from it. The ``calls`` are
    recorded as events of their own and not with the answer.
    """

    writer: str
    prompt: str
    answer: str
    input_tokens: int = 0
    output_tokens: int = 0
    fallback: str = ""
    calls: tuple[ModelCall, ...] = ()


class Writer(Protocol):
    """Writes strategies and texts: a language model within an allowance, or rules when there is none."""

    async def strategy(
        self, brand: Brand, brief: Brief, past: Sequence[PastPerformance], allowance: Allowance = UNLIMITED
    ) -> tuple[Strategy, Written]: ...

    async def variations(
        self,
        brand: Brand,
        brief: Brief,
        strategy: Strategy,
        template: Template | None,
        first_number: int,
        allowance: Allowance = UNLIMITED,
    ) -> tuple[tuple[Variation, ...], Written]:
        """As many variations as the brief asks for, numbered from ``first_number``."""
        ...
