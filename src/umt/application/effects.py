"""What agents ask of the outside. Each request is plain data that names its result, so that both can be recorded,
and its ``lock``: effects of one lock are done one after another."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from umt.application.ports import Account, AdOrder, CreatedAd, PastPerformance, Post, PublishedPost, Report, Written
from umt.domain.brand import Brand
from umt.domain.content import Brief, Strategy, Variation
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.domain.template import Template

EFFECTS: Final[dict[str, type[Effect]]] = {}
"""Effect types by kind."""


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """A request to the outside.

    ``timeout`` is the longest that one try may take, in seconds. Among what waits a higher ``priority`` goes first; effects
    of one lock have the same, so that it never changes their order. ``changes_outside``: not in a dry run.
    """

    kind: ClassVar[str]
    result_type: ClassVar[type[msgspec.Struct]]
    timeout: ClassVar[float] = 60
    priority: ClassVar[int] = 0
    changes_outside: ClassVar[bool] = False
    lock: str
    campaign: UUID | None = None

    def __init_subclass__(cls, kind: str = "", **_: object) -> None:
        cls.kind = cls.__name__
        EFFECTS[cls.kind] = cls

    def to_json(self) -> str:
        return msgspec.json.encode(self, order="sorted").decode()


class Done(msgspec.Struct, frozen=True):
    """It was done; there is nothing to say about it."""


class StrategyWritten(msgspec.Struct, frozen=True):
    """A strategy and the exchange it came from."""

    strategy: Strategy
    written: Written


class VariationsWritten(msgspec.Struct, frozen=True):
    """Variations and the exchange they came from."""

    variations: tuple[Variation, ...]
    written: Written


class VerifyIntegration(Effect, frozen=True, kw_only=True):
    """Ask a platform whether the credential opens the account. Somebody waits for the answer."""

    priority: ClassVar[int] = 30
    result_type: ClassVar[type[msgspec.Struct]] = Account
    integration: UUID


class WriteStrategy(Effect, frozen=True, kw_only=True):
    """Have a strategy worked out."""

    timeout: ClassVar[float] = 400
    priority: ClassVar[int] = 20
    result_type: ClassVar[type[msgspec.Struct]] = StrategyWritten
    content: UUID
    brand: Brand
    brief: Brief
    past: tuple[PastPerformance, ...]


class WriteVariations(Effect, frozen=True, kw_only=True):
    """Have variations written."""

    timeout: ClassVar[float] = 400
    priority: ClassVar[int] = 20
    result_type: ClassVar[type[msgspec.Struct]] = VariationsWritten
    content: UUID
    brand: Brand
    brief: Brief
    strategy: Strategy
    template_id: UUID | None
    template: Template | None
    first_number: int


class PublishPost(Effect, frozen=True, kw_only=True):
    """Publish a text on a channel."""

    priority: ClassVar[int] = 20
    changes_outside: ClassVar[bool] = True
    result_type: ClassVar[type[msgspec.Struct]] = PublishedPost
    integration: UUID
    content: UUID
    channel: Platform
    post: Post


class CreateAd(Effect, frozen=True, kw_only=True):
    """Create an ad on a platform: a dozen calls."""

    timeout: ClassVar[float] = 180
    priority: ClassVar[int] = 10
    changes_outside: ClassVar[bool] = True
    result_type: ClassVar[type[msgspec.Struct]] = CreatedAd
    integration: UUID
    campaign: UUID
    ad_set: UUID
    platform: Platform
    order: AdOrder


class SetBudget(Effect, frozen=True, kw_only=True):
    """Set the total budget of the campaign on a platform. ``then``: the platform whose budget is set once this is done,
    because the money for it comes from here."""

    priority: ClassVar[int] = 10
    changes_outside: ClassVar[bool] = True
    result_type: ClassVar[type[msgspec.Struct]] = Done
    then: Platform | None = None
    integration: UUID
    platform: Platform
    external_campaign_id: str
    total: Money


class SetActive(Effect, frozen=True, kw_only=True):
    """Start or stop the campaign on a platform."""

    priority: ClassVar[int] = 10
    changes_outside: ClassVar[bool] = True
    result_type: ClassVar[type[msgspec.Struct]] = Done
    integration: UUID
    platform: Platform
    external_campaign_id: str
    active: bool


class CollectPerformance(Effect, frozen=True, kw_only=True):
    """Ask a platform for a campaign's daily figures, page by page."""

    timeout: ClassVar[float] = 180
    result_type: ClassVar[type[msgspec.Struct]] = Report
    integration: UUID
    campaign: UUID
    platform: Platform
    external_campaign_id: str
    since: date
    until: date
