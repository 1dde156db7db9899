"""Does outside what an effect asks for, through the ports."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from umt.application.commands.integration import secret_name
from umt.application.dispatch import Writer
from umt.application.effects import (
    CollectPerformance,
    CreateAd,
    Done,
    Effect,
    PublishPost,
    SetActive,
    SetBudget,
    StrategyWritten,
    VariationsWritten,
    VerifyIntegration,
    WriteStrategy,
    WriteVariations,
)
from umt.application.model_spending import allowance
from umt.application.ports import AdPlatform, Allowance, Connection, Publisher, Refused
from umt.application.ports import Writer as TextWriter
from umt.application.transaction import Context, Transaction
from umt.domain.integration import Integration, Status
from umt.domain.platform import Platform


class EffectExecutor:
    """Knows which adapter serves which platform."""

    def __init__(
        self,
        writer: Writer,
        ad_platforms: Mapping[Platform, AdPlatform],
        publishers: Mapping[Platform, Publisher],
        texts: TextWriter,
    ) -> None:
        self._writer, self._ad_platforms, self._publishers, self._texts = writer, ad_platforms, publishers, texts

    async def perform(self, effect: Effect, context: Context) -> Any:
        """The outside's answer; raises the ports' errors."""
        match effect:
            case WriteStrategy():
                strategy, written = await self._texts.strategy(
                    effect.brand, effect.brief, effect.past, await self._allowance(context)
                )
                return StrategyWritten(strategy, written)
            case WriteVariations():
                variations, written = await self._texts.variations(
                    effect.brand,
                    effect.brief,
                    effect.strategy,
                    effect.template,
                    effect.first_number,
                    await self._allowance(context),
                )
                return VariationsWritten(variations, written)
            case VerifyIntegration():
                connection = await self._connection(effect.integration, context)
                return await self._service(connection.platform).verify(connection)
            case PublishPost():
                connection = await self._connection(effect.integration, context)
                return await self._publisher(effect.channel).publish(connection, effect.post)
            case CreateAd():
                connection = await self._connection(effect.integration, context)
                return await self._ads(effect.platform).create_ad(connection, effect.order)
            case SetBudget():
                connection = await self._connection(effect.integration, context)
                await self._ads(effect.platform).set_budget(connection, effect.external_campaign_id, effect.total)
                return Done()
            case SetActive():
                connection = await self._connection(effect.integration, context)
                await self._ads(effect.platform).set_active(connection, effect.external_campaign_id, effect.active)
                return Done()
            case CollectPerformance():
                connection = await self._connection(effect.integration, context)
                return await self._ads(effect.platform).performance(
                    connection, effect.external_campaign_id, effect.since, effect.until
                )
            case _:
                raise Refused(f"Nothing here can do {effect.kind}.")

    async def _connection(self, integration: UUID, context: Context) -> Connection:
        def read(tx: Transaction) -> Connection:
            found = tx.get(Integration, integration)
            secret = tx.secret(secret_name(integration))
            if secret is None or found.status is Status.DISCONNECTED:
                raise Refused(f"The connection to {found.platform.label} was ended.")
            return Connection(found.platform, found.account, secret, found.endpoint)

        return await asyncio.wrap_future(self._writer.run(context, read))

    async def _allowance(self, context: Context) -> Allowance:
        return await asyncio.wrap_future(self._writer.run(context, allowance))

    def _service(self, platform: Platform) -> AdPlatform | Publisher:
        return self._publisher(platform) if platform in self._publishers else self._ads(platform)

    def _ads(self, platform: Platform) -> AdPlatform:
        if platform not in self._ad_platforms:
            raise Refused(f"{platform.label} cannot be connected yet.")
        return self._ad_platforms[platform]

    def _publisher(self, platform: Platform) -> Publisher:
        if platform not in self._publishers:
            raise Refused(f"Nothing can be published on {platform.label} yet.")
        return self._publishers[platform]
