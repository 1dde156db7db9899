"""Commands on brands."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from umt.application.dispatch import Command
from umt.application.fields import Plain, value_of
from umt.application.permissions import Permission
from umt.application.transaction import Transaction
from umt.domain import brand
from umt.domain.brand import Audience, Brand, Competitor, Industry, SocialAccount, Styling
from umt.domain.platform import Platform


class _BrandCommand(Command):
    permission: ClassVar[Permission] = Permission.BRAND_WRITE


class CreateBrand(_BrandCommand):
    """Set up a brand, optionally with its look, people, accounts and competitors."""

    name: str
    industry: Annotated[Industry, value_of(Industry), Plain]
    description: str = ""
    styling: Annotated[Styling | None, value_of(Styling | None), Plain] = None
    audiences: Annotated[tuple[Audience, ...], value_of(tuple[Audience, ...]), Plain] = ()
    social_accounts: Annotated[tuple[SocialAccount, ...], value_of(tuple[SocialAccount, ...]), Plain] = ()
    competitors: Annotated[tuple[Competitor, ...], value_of(tuple[Competitor, ...]), Plain] = ()

    def handle(self, tx: Transaction) -> None:
        identifier = tx.new_id()
        tx.reserve("brand", self.name, identifier)
        tx.create(Brand, identifier, brand.create, self.name, self.industry, self.description)
        if self.styling:
            tx.decide(Brand, identifier, brand.style, self.styling)
        if self.audiences:
            tx.decide(Brand, identifier, brand.define_audiences, self.audiences)
        for n, account in enumerate(self.social_accounts):
            tx.decide(Brand, identifier, brand.add_social_account, account, f"socialAccounts.{n}")
        for n, competitor in enumerate(self.competitors):
            tx.decide(Brand, identifier, brand.add_competitor, competitor, f"competitors.{n}")


class RenameBrand(_BrandCommand):
    """Give a brand another name; the old one becomes free."""

    brand: UUID
    name: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.rename, self.name)
        tx.reserve("brand", self.name, self.brand)


class DescribeBrand(_BrandCommand):
    """Change a brand's description and industry."""

    brand: UUID
    description: str
    industry: Annotated[Industry, value_of(Industry), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.describe, self.description, self.industry)


class StyleBrand(_BrandCommand):
    """Set a brand's look and voice."""

    brand: UUID
    styling: Annotated[Styling, value_of(Styling), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.style, self.styling)


class DefineAudiences(_BrandCommand):
    """Set whom a brand wants to reach."""

    brand: UUID
    audiences: Annotated[tuple[Audience, ...], value_of(tuple[Audience, ...]), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.define_audiences, self.audiences)


class AddSocialAccount(_BrandCommand):
    """Note where a brand speaks."""

    brand: UUID
    account: Annotated[SocialAccount, value_of(SocialAccount), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.add_social_account, self.account)


class RemoveSocialAccount(_BrandCommand):
    """Forget an account of a brand."""

    brand: UUID
    platform: Platform
    handle_name: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.remove_social_account, self.platform, self.handle_name)


class AddCompetitor(_BrandCommand):
    """Watch a competitor."""

    brand: UUID
    competitor: Annotated[Competitor, value_of(Competitor), Plain]

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.add_competitor, self.competitor)


class RemoveCompetitor(_BrandCommand):
    """Watch a competitor no longer."""

    brand: UUID
    name: str

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.remove_competitor, self.name)


class ArchiveBrand(_BrandCommand):
    """Put a brand away; its name becomes free."""

    brand: UUID

    def handle(self, tx: Transaction) -> None:
        tx.decide(Brand, self.brand, brand.archive)
        tx.release("brand", self.brand)
