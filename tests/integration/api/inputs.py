"""An input for every mutation on one set of things, for tests about all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.integration.api.client import campaign_of

Ids = dict[str, str]
"""Ids of a brand, content, template, campaign, adSet, integration, run, recommendation and user."""

_MONEY: Final = {"amount": "10", "currency": "EUR"}


def _of(thing: str, **more: Any) -> Callable[[Ids], dict[str, Any]]:
    return lambda ids: {thing: ids[thing], **more}


EVERY: Final[dict[str, Callable[[Ids], dict[str, Any]]]] = {
    "createBrand": lambda _: {"name": "Alpina", "industry": {"name": "Outdoor"}},
    "renameBrand": _of("brand", name="Other"),
    "describeBrand": _of("brand", description="Shoes", industry={"name": "Outdoor"}),
    "styleBrand": _of("brand", styling={"primaryColor": "#FF5733"}),
    "defineAudiences": _of("brand", audiences=[{"name": "Hikers"}]),
    "addSocialAccount": _of("brand", account={"platform": "X", "handle": "alpina"}),
    "removeSocialAccount": _of("brand", platform="X", handle="alpina"),
    "addCompetitor": _of("brand", competitor={"name": "Peakline"}),
    "removeCompetitor": _of("brand", name="Peakline"),
    "archiveBrand": _of("brand"),
    "createTemplate": lambda _: {"name": "Blog", "format": "BLOG_POST", "instructions": "Write."},
    "reviseTemplate": _of("template", instructions="Write well."),
    "requestContent": _of("brand", brief={"title": "Shoes", "goal": "sell"}),
    "reviseVariation": _of("content", number=1, headline="H", body="B"),
    "selectVariation": _of("content", number=1),
    "schedulePublication": _of("content", channel="CMS", at="2026-01-31T09:00:00+01:00"),
    "approveContent": _of("content"),
    "rejectContent": _of("content", reason="No."),
    "retryPublication": _of("content", channel="CMS"),
    "archiveContent": _of("content"),
    "createCampaign": lambda ids: campaign_of(ids["brand"]),
    "reviseCampaign": _of("campaign", name="Summer", totalBudget={"amount": "7000", "currency": "EUR"}),
    "allocateBudget": _of("campaign", allocation=[{"platform": "GOOGLE", "amount": _MONEY}]),
    "addAdSet": lambda ids: {
        "campaign": ids["campaign"],
        "content": ids["content"],
        "platform": "GOOGLE",
        "name": "Hikers",
        "audience": {"name": "Hikers"},
        "bid": _MONEY,
    },
    "removeAdSet": lambda ids: {"campaign": ids["campaign"], "adSet": ids["adSet"]},
    "approveCampaign": _of("campaign"),
    "launchCampaign": _of("campaign"),
    "pauseCampaign": _of("campaign", reason="Wait."),
    "resumeCampaign": _of("campaign"),
    "pausePlatform": _of("campaign", platform="GOOGLE", reason="Wait."),
    "resumePlatform": _of("campaign", platform="GOOGLE"),
    "reallocateBudget": _of("campaign", source="GOOGLE", target="FACEBOOK", amount=_MONEY, reason="Better there."),
    "raiseBudget": _of("campaign", platform="GOOGLE", amount=_MONEY, reason="Good there."),
    "optimizeCampaign": _of("campaign"),
    "archiveCampaign": _of("campaign"),
    "connectIntegration": lambda _: {"platform": "GOOGLE", "account": "1", "credential": "token"},
    "replaceCredential": _of("integration", credential="token"),
    "disconnectIntegration": _of("integration"),
    "recordPerformance": _of(
        "campaign",
        platform="GOOGLE",
        currency="EUR",
        reportedAt="2026-01-31T09:00:00Z",
        records=[{"ad": "1", "day": "2026-01-30", "figures": {"impressions": 1}}],
    ),
    "setCampaignGuardrails": _of("campaign", guardrails=[{"name": "cooldown_days", "value": "14"}]),
    "setCampaignDryRun": _of("campaign", on=True),
    "setCampaignApproval": _of("campaign", thresholds=[_MONEY], hours=24),
    "cancelRun": _of("run", reason="No."),
    "retryRun": _of("run"),
    "acceptRecommendation": _of("recommendation"),
    "rejectRecommendation": _of("recommendation", reason="No."),
    "changeMemberRole": _of("user", role="ADMIN"),
    "removeMember": _of("user"),
}
