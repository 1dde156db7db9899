"""Brand: who speaks, how it looks and sounds, to whom, beside whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import msgspec
from msgspec.structs import replace

from umt.domain.errors import AlreadyExists, InvalidValue, NotFound, WrongStatus
from umt.domain.event import Aggregate, Event, decides
from umt.domain.platform import Platform
from umt.domain.values import colour, few, text, texts, unique_key, url


class Industry(msgspec.Struct, frozen=True):
    """The trade a brand is in, with an optional code of a classification (e.g. NACE)."""

    name: str
    code: str = ""


class Styling(msgspec.Struct, frozen=True):
    """How a brand looks and sounds."""

    primary_color: str | None = None
    secondary_color: str | None = None
    font_family: str = ""
    tone_of_voice: str = "neutral"
    words_to_use: tuple[str, ...] = ()
    words_to_avoid: tuple[str, ...] = ()
    logo_url: str | None = None

    def checked(self) -> Styling:
        """This styling with each field checked and cleaned."""
        return Styling(
            primary_color=self.primary_color and colour(self.primary_color, "styling.primaryColor"),
            secondary_color=self.secondary_color and colour(self.secondary_color, "styling.secondaryColor"),
            font_family=text(self.font_family, "styling.fontFamily", empty=True),
            tone_of_voice=text(self.tone_of_voice, "styling.toneOfVoice"),
            words_to_use=texts(self.words_to_use, "styling.wordsToUse", longest=60),
            words_to_avoid=texts(self.words_to_avoid, "styling.wordsToAvoid", longest=60),
            logo_url=self.logo_url and url(self.logo_url, "styling.logoUrl"),
        )


class Audience(msgspec.Struct, frozen=True):
    """A group of people a brand wants to reach."""

    name: str
    age_from: int = 18
    age_to: int = 65
    genders: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    places: tuple[str, ...] = ()

    def checked(self, where: str = "audience") -> Audience:
        """This audience with each field checked and cleaned; ``where`` it is in what was asked for, a refusal tells."""
        if not 13 <= self.age_from <= self.age_to <= 120:
            raise InvalidValue(f"{where}.ageFrom", "ages must satisfy 13 <= ageFrom <= ageTo <= 120")
        return replace(
            self,
            name=text(self.name, f"{where}.name"),
            genders=texts(self.genders, f"{where}.genders", longest=40),
            interests=texts(self.interests, f"{where}.interests", longest=100),
            places=texts(self.places, f"{where}.places", longest=100),
        )


class SocialAccount(msgspec.Struct, frozen=True):
    """Where a brand speaks on a platform."""

    platform: Platform
    handle: str
    url: str | None = None


class Competitor(msgspec.Struct, frozen=True):
    """Another firm that seeks the same people."""

    name: str
    website: str | None = None
    strengths: tuple[str, ...] = ()


class Brand(Aggregate, frozen=True, kw_only=True):
    """A brand as it stands."""

    kind: ClassVar[str] = "brand"
    name: str
    industry: Industry
    description: str = ""
    styling: Styling = Styling()
    audiences: tuple[Audience, ...] = ()
    social_accounts: tuple[SocialAccount, ...] = ()
    competitors: tuple[Competitor, ...] = ()
    archived: bool = False

    def require_active(self) -> None:
        if self.archived:
            raise WrongStatus("brand", "archived", "active")


class BrandCreated(Event, frozen=True):
    """A brand was set up in the workspace."""

    name: str
    industry: Industry
    description: str

    def evolve(self, _: None) -> Brand:
        return Brand(name=self.name, industry=self.industry, description=self.description)


class BrandRenamed(Event, frozen=True):
    """The brand got another name; the old one is free again."""

    name: str

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, name=self.name)


class BrandDescribed(Event, frozen=True):
    """The brand's description or industry changed."""

    description: str
    industry: Industry

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, description=self.description, industry=self.industry)


class BrandStyled(Event, frozen=True):
    """The brand's look and voice were set."""

    styling: Styling

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, styling=self.styling)


class AudiencesDefined(Event, frozen=True):
    """The people whom the brand wants to reach were set."""

    audiences: tuple[Audience, ...]

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, audiences=self.audiences)


class SocialAccountAdded(Event, frozen=True):
    """The brand has an account on a platform."""

    account: SocialAccount

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, social_accounts=(*brand.social_accounts, self.account))


class SocialAccountRemoved(Event, frozen=True):
    """The brand no longer has this account."""

    platform: Platform
    handle: str

    def evolve(self, brand: Brand) -> Brand:
        gone = (self.platform, self.handle)
        return replace(brand, social_accounts=tuple(a for a in brand.social_accounts if (a.platform, a.handle) != gone))


class CompetitorAdded(Event, frozen=True):
    """The brand watches another competitor."""

    competitor: Competitor

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, competitors=(*brand.competitors, self.competitor))


class CompetitorRemoved(Event, frozen=True):
    """The brand no longer watches this competitor."""

    name: str

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, competitors=tuple(c for c in brand.competitors if c.name != self.name))


class BrandArchived(Event, frozen=True):
    """The brand was put away; its name is free again."""

    def evolve(self, brand: Brand) -> Brand:
        return replace(brand, archived=True)


@decides
def create(brand: Brand | None, name: str, industry: Industry, description: str = "") -> BrandCreated:
    if brand:
        raise AlreadyExists("brand", brand.name)
    return BrandCreated(
        text(name, "name"), _industry(industry), text(description, "description", longest=5000, empty=True)
    )


@decides
def rename(brand: Brand, name: str) -> BrandRenamed | None:
    brand.require_active()
    name = text(name, "name")
    return BrandRenamed(name) if name != brand.name else None


@decides
def describe(brand: Brand, description: str, industry: Industry) -> BrandDescribed | None:
    brand.require_active()
    change = BrandDescribed(text(description, "description", longest=5000, empty=True), _industry(industry))
    return change if (change.description, change.industry) != (brand.description, brand.industry) else None


@decides
def style(brand: Brand, styling: Styling) -> BrandStyled | None:
    brand.require_active()
    styling = styling.checked()
    both = {unique_key(w) for w in styling.words_to_use} & {unique_key(w) for w in styling.words_to_avoid}
    if both:
        raise InvalidValue("styling.wordsToAvoid", f"{sorted(both)[0]!r} is also among the words to use")
    return BrandStyled(styling) if styling != brand.styling else None


@decides
def define_audiences(brand: Brand, audiences: Iterable[Audience]) -> AudiencesDefined | None:
    brand.require_active()
    checked = tuple(a.checked(f"audiences.{n}") for n, a in enumerate(few(audiences, "audiences")))
    if len({unique_key(a.name) for a in checked}) < len(checked):
        raise InvalidValue("audiences", "two audiences have the same name")
    return AudiencesDefined(checked) if checked != brand.audiences else None


@decides
def add_social_account(brand: Brand, account: SocialAccount, where: str = "account") -> SocialAccountAdded | None:
    """``where`` the account is in what was asked for, as a refusal tells it."""
    brand.require_active()
    account = SocialAccount(
        account.platform,
        text(account.handle, f"{where}.handle", longest=100),
        account.url and url(account.url, f"{where}.url"),
    )
    if account in brand.social_accounts:
        return None
    if any((a.platform, a.handle) == (account.platform, account.handle) for a in brand.social_accounts):
        raise AlreadyExists("social account", account.handle)
    few((*brand.social_accounts, account), "socialAccounts")
    return SocialAccountAdded(account)


@decides
def remove_social_account(brand: Brand, platform: Platform, handle: str) -> SocialAccountRemoved:
    brand.require_active()
    if not any((a.platform, a.handle) == (platform, handle) for a in brand.social_accounts):
        raise NotFound("social account", handle)
    return SocialAccountRemoved(platform, handle)


@decides
def add_competitor(brand: Brand, competitor: Competitor, where: str = "competitor") -> CompetitorAdded | None:
    """``where`` the competitor is in what was asked for, as a refusal tells it."""
    brand.require_active()
    competitor = Competitor(
        text(competitor.name, f"{where}.name"),
        competitor.website and url(competitor.website, f"{where}.website"),
        texts(competitor.strengths, f"{where}.strengths"),
    )
    if competitor in brand.competitors:
        return None
    if any(unique_key(c.name) == unique_key(competitor.name) for c in brand.competitors):
        raise AlreadyExists("competitor", competitor.name)
    few((*brand.competitors, competitor), "competitors")
    return CompetitorAdded(competitor)


@decides
def remove_competitor(brand: Brand, name: str) -> CompetitorRemoved:
    brand.require_active()
    if all(c.name != name for c in brand.competitors):
        raise NotFound("competitor", name)
    return CompetitorRemoved(name)


@decides
def archive(brand: Brand) -> BrandArchived | None:
    return None if brand.archived else BrandArchived()


def _industry(industry: Industry) -> Industry:
    return Industry(text(industry.name, "industry.name"), text(industry.code, "industry.code", longest=40, empty=True))
