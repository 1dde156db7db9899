"""One event of every type (and of every way it can turn out) with what history says of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from umt.domain import (
    agent_policy,
    agent_run,
    api_key,
    brand,
    campaign,
    content,
    integration,
    invitation,
    performance,
    recommendation,
    template,
    user,
    workspace,
)
from umt.domain.agent_policy import GuardrailValue
from umt.domain.agent_run import Evidence, Fact, Guardrail, ModelCalled, ModelOutcome, Parameter, Part
from umt.domain.analytics.decision import Action
from umt.domain.analytics.expectation import Change, Effect
from umt.domain.brand import Audience, Competitor, Industry, SocialAccount, Styling
from umt.domain.campaign import Ad, AdFound, AdSet, Allocation, Creative, Objective, PlatformScore, Schedule
from umt.domain.content import Brief, Finding, Strategy, TemplateVersion, Variation
from umt.domain.event import Event
from umt.domain.money import Money
from umt.domain.performance import Figures, Record
from umt.domain.personal import Personal
from umt.domain.platform import Platform
from umt.domain.template import Format
from umt.domain.workspace import Role

BRAND = UUID("018f0000-0000-7000-8000-000000000001")
AD_SET = UUID("018f0000-0000-7000-8000-000000000002")
CONTENT = UUID("018f0000-0000-7000-8000-000000000003")
CAMPAIGN = UUID("018f0000-0000-7000-8000-000000000004")
EFFECT = UUID("018f0000-0000-7000-8000-000000000005")
USER = UUID("018f0000-0000-7000-8000-000000000006")
EVENT = UUID("018f0000-0000-7000-8000-000000000007")

NAMES = {str(BRAND): "Acme Shoes", str(AD_SET): "Runners", str(CAMPAIGN): "Spring"}

AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
DAY = date(2026, 3, 5)
LOOK = Styling(primary_color="#FF5733", font_family="Inter", tone_of_voice="warm", words_to_avoid=("cheap",))
RUNNERS = Audience("Runners", 20, 45, interests=("running", "health"), places=("Berlin",))
MOULD = TemplateVersion(None, "built-in", 1)
FIRST, SECOND = (
    Variation(number, headline, "A body.", "An excerpt.", "Buy now", MOULD, "offline-writer")
    for number, headline in ((1, "Run lighter"), (2, "Run longer"))
)
EUR = Money.parse
CALLED = ModelCalled(
    effect=EFFECT,
    attempt=1,
    model="gpt-5-mini",
    service="api.openai.com",
    prompt="strategy@1",
    prompt_sha256="0" * 64,
    repair=None,
    parameters=(Parameter("schema", "StrategyAnswer"),),
    sent=Part(2, text="[]"),
    received=Part(100_000, blob="ab" * 32),
    outcome=ModelOutcome.ANSWERED,
    error=None,
    error_class=None,
    input_tokens=1200,
    cached_tokens=60,
    output_tokens=300,
    cost=Decimal("0.000885"),
    counted=Decimal("0.000885"),
    currency="USD",
    milliseconds=2500,
    response="resp_1",
)
PAUSE = Change(action=Action.PAUSE, platform=Platform.GOOGLE)
MOVE = Change(
    action=Action.REALLOCATE, platform=Platform.GOOGLE, target=Platform.LINKEDIN, amount=Money.parse("120.00 EUR")
)
RAISE = Change(action=Action.RAISE_BUDGET, platform=Platform.LINKEDIN, amount=Money.parse("50 EUR"))
GAIN = Effect(spend=Decimal(0), outcome=Decimal("1.5"), outcome_unit="conversions", currency="EUR", days=7)


def made(change: Change, *, expires_at: datetime | None = None, simulated: bool = False) -> Event:
    """A recommendation of the change."""
    return recommendation.RecommendationMade(
        run=EVENT,
        agent="content-ads",
        campaign=CAMPAIGN,
        change=change,
        reason="LinkedIn earns more per EUR.",
        rule="shift_to_best",
        score=Decimal("0.21"),
        confidence=Decimal("0.8"),
        evidence=(Evidence("score", "0.21", "1"),),
        guardrails=(Guardrail("minimum days", "at least 7 days", "9", True),),
        expected=GAIN,
        asked_by="agent:content-ads",
        on=DAY,
        expires_at=expires_at,
        simulated=simulated,
    )


TELLS: tuple[tuple[Event, str], ...] = (
    (
        workspace.WorkspaceCreated("Acme", "Europe/Berlin"),
        "Set up the workspace “Acme” (time zone Europe/Berlin)",
    ),
    (
        workspace.MemberAdded(USER, Role.MARKETER),
        f"User {USER} became a member as marketer",
    ),
    (
        workspace.MemberRoleChanged(USER, Role.AUDITOR),
        f"User {USER} is a member as auditor from now on",
    ),
    (
        workspace.MemberRoleChanged(USER, Role.ADMIN, vouched=True),
        f"User {USER} is a member as admin from now on; an owner vouches for them",
    ),
    (
        workspace.WorkspaceRenamed("Acme Sport"),
        "Renamed the workspace to “Acme Sport”",
    ),
    (
        workspace.TimeZoneChanged("Europe/Vienna"),
        "Set the workspace's time zone to Europe/Vienna",
    ),
    (
        workspace.ServiceAccountAdded(USER, "Importer", Role.MARKETER),
        f"The service account “Importer” ({USER}) became a member as marketer",
    ),
    (
        workspace.ApprovalLimitsSet((EUR("5000 EUR"), EUR("6000 USD"))),
        "A campaign needs a second person's approval above 5,000.00 EUR, 6,000.00 USD",
    ),
    (
        workspace.ApprovalLimitsSet(()),
        "Lifted the approval limits",
    ),
    (
        workspace.ModelBudgetSet(EUR("25 USD")),
        "Language models may cost 25.00 USD in a month",
    ),
    (
        workspace.ModelBudgetSet(None),
        "Lifted the limit of what language models may cost",
    ),
    (
        workspace.AgentLimited("content-ads", ("agent:work",)),
        "Content & Ad Management may do here: agent:work",
    ),
    (
        workspace.AgentLimited("content-ads", ()),
        "Content & Ad Management may do here: nothing",
    ),
    (
        workspace.AgentLimited("content-ads", None),
        "Content & Ad Management may do here: all that agents of its kind may",
    ),
    (
        workspace.MemberRemoved(USER),
        f"User {USER} is no member any more",
    ),
    (
        user.UserRegistered(Personal("ada@example.com", USER), Personal("Ada Lovelace", USER)),
        "A person came to work here",
    ),
    (
        user.UserRenamed(Personal("Ada King", USER)),
        "A person changed their name",
    ),
    (
        user.UserErased(USER),
        "A person was erased: their name and address can no longer be read",
    ),
    (
        user.PasswordSet(),
        "A person set their password",
    ),
    (
        invitation.InvitationSent(USER, Personal("ada@example.com", USER), Role.ANALYST, AT, USER),
        "Invited a person to work here as analyst, until 2026-03-05 09:30+00:00",
    ),
    (
        invitation.InvitationAccepted(USER),
        f"The invited person accepted, as user {USER}",
    ),
    (
        invitation.InvitationRevoked(USER),
        "Took the invitation back",
    ),
    (
        api_key.ApiKeyCreated(USER, "Nightly", "umtk_abc", ("campaign:read", "brand:read"), AT),
        f"Made the API key “Nightly” (umtk_abc…) for user {USER} until 2026-03-05 09:30+00:00; "
        "it may: campaign:read, brand:read",
    ),
    (
        api_key.ApiKeyUsed(AT),
        "The API key was used in the hour from 2026-03-05 09:30+00:00",
    ),
    (
        api_key.ApiKeyRevoked("It leaked."),
        "Revoked the API key, because: It leaked",
    ),
    (
        brand.BrandCreated("Acme Shoes", Industry("Footwear", "15.20"), ""),
        "Set up the brand “Acme Shoes” (Footwear)",
    ),
    (
        brand.BrandRenamed("Acme Sport"),
        "Renamed the brand to “Acme Sport”",
    ),
    (
        brand.BrandDescribed("Shoes for\nlong runs.", Industry("Footwear")),
        "Described the brand (Footwear): Shoes for long runs",
    ),
    (
        brand.BrandStyled(LOOK),
        "Set the brand's look and voice: colours #FF5733; font Inter; tone warm; words to avoid cheap",
    ),
    (
        brand.AudiencesDefined((RUNNERS,)),
        "Set whom the brand wants to reach: “Runners” (20 to 45 years, running, health, Berlin)",
    ),
    (
        brand.AudiencesDefined(()),
        "Set whom the brand wants to reach: nobody in particular",
    ),
    (
        brand.SocialAccountAdded(SocialAccount(Platform.LINKEDIN, "@acme")),
        "Added the LinkedIn account @acme",
    ),
    (
        brand.SocialAccountRemoved(Platform.LINKEDIN, "@acme"),
        "Removed the LinkedIn account @acme",
    ),
    (
        brand.CompetitorAdded(Competitor("Fleet Feet", None, ("price", "reach"))),
        "Watches the competitor “Fleet Feet”, strong in price, reach",
    ),
    (
        brand.CompetitorRemoved("Fleet Feet"),
        "Watches the competitor “Fleet Feet” no longer",
    ),
    (
        brand.BrandArchived(),
        "Put the brand away; its name is free again",
    ),
    (
        template.TemplateCreated("House style", Format.BLOG_POST, "Start with a question."),
        "Wrote the blog post template “House style”, revision 1",
    ),
    (
        template.TemplateRevised("Start with a figure."),
        "Revised the template: its instructions have 20 characters now",
    ),
    (
        template.TemplateRetired(),
        "Retired the template",
    ),
    (
        content.ContentRequested(BRAND, Brief("Long runs", "Win newsletter readers."), MOULD),
        "Asked for the blog post “Long runs” of brand Acme Shoes: 3 variations for CMS, "
        "from the template “built-in” (revision 1), to the goal: Win newsletter readers",
    ),
    (
        content.StrategyProposed(
            Strategy(
                "Health first",
                "warm",
                ("running",),
                ("Why", "How"),
                "Subscribe",
                (Finding("brand", "warm"), Finding("competitors", "price")),
            )
        ),
        "Proposed the strategy “Health first” in a warm tone, resting on brand, competitors",
    ),
    (
        content.VariationsGenerated((FIRST, SECOND)),
        "2 variations written by offline-writer: 1 “Run lighter”, 2 “Run longer”",
    ),
    (
        content.VariationRevised(2, "Run even longer", "A body."),
        "Edited variation 2: “Run even longer”",
    ),
    (
        content.VariationSelected(2),
        "Chose variation 2",
    ),
    (
        content.ContentApproved(f"user:{USER}"),
        "The chosen variation was approved by a member",
    ),
    (
        content.ContentRejected("api_key:k1", "Too long."),
        "The chosen variation was rejected by an API key, because: Too long",
    ),
    (
        content.PublicationScheduled(Platform.CMS, AT),
        "Scheduled the publication on CMS for 2026-03-05 09:30+00:00",
    ),
    (
        content.ContentPublished(Platform.CMS, "https://acme.example/long-runs", "12"),
        "Published on CMS: https://acme.example/long-runs (id 12)",
    ),
    (
        content.PublicationFailed(Platform.CMS, "The title is taken."),
        "CMS did not publish, because: The title is taken",
    ),
    (
        content.PublicationRetried(Platform.CMS),
        "Asked for another try to publish on CMS",
    ),
    (
        content.ContentArchived(),
        "Put the content away",
    ),
    (
        campaign.CampaignCreated(
            BRAND,
            "Spring",
            Objective.SALES,
            EUR("1000.00 EUR"),
            Schedule(date(2026, 3, 1), date(2026, 3, 31), "Europe/Berlin"),
            (Platform.GOOGLE, Platform.LINKEDIN),
        ),
        "Set up the campaign “Spring” of brand Acme Shoes for sales: "
        "1,000.00 EUR from 2026-03-01 to 2026-03-31 (Europe/Berlin) on Google, LinkedIn",
    ),
    (
        campaign.CampaignRevised(
            "Summer",
            Objective.LEADS,
            EUR("900.00 EUR"),
            Schedule(date(2026, 6, 1), date(2026, 6, 30), "Europe/Berlin"),
            (Platform.GOOGLE,),
            (Allocation(Platform.GOOGLE, EUR("600.00 EUR")),),
        ),
        "Revised the draft: “Summer” for leads, 900.00 EUR from 2026-06-01 to 2026-06-30 (Europe/Berlin) on Google; "
        "shared out: Google 600.00 EUR",
    ),
    (
        campaign.CampaignImported("Winter", "916", "USD", (Platform.FACEBOOK,)),
        "Found the campaign “Winter” (916) on Facebook in an imported file, in USD",
    ),
    (
        campaign.AdsFound(Platform.FACEBOOK, tuple(AdFound(str(n), f"Ad {n}", (("age", "30-34"),)) for n in range(7))),
        "Found 7 Facebook ads in an imported file: “Ad 0”, “Ad 1”, “Ad 2”, “Ad 3”, “Ad 4” and 2 more",
    ),
    (
        campaign.BrandApplied(LOOK, (RUNNERS,)),
        "Took over the brand's look and voice (colours #FF5733; font Inter; tone warm; words to avoid cheap) "
        "and 1 audience: “Runners” (20 to 45 years, running, health, Berlin)",
    ),
    (
        campaign.BudgetAllocated(
            (Allocation(Platform.GOOGLE, EUR("600.00 EUR")), Allocation(Platform.LINKEDIN, EUR("300.00 EUR")))
        ),
        "Shared out the budget: Google 600.00 EUR, LinkedIn 300.00 EUR",
    ),
    (
        campaign.AdSetAdded(
            AdSet(
                AD_SET,
                Platform.LINKEDIN,
                "Runners",
                RUNNERS,
                Creative(CONTENT, "Run lighter", "A body.", "https://acme.example"),
                EUR("1.50 EUR"),
            )
        ),
        "Added the LinkedIn ad set “Runners” for “Runners” (20 to 45 years, running, health, Berlin), "
        "showing “Run lighter”, bidding 1.50 EUR",
    ),
    (
        campaign.AdSetRemoved(AD_SET),
        "Removed the ad set Runners",
    ),
    (
        campaign.CampaignApproved(f"user:{USER}"),
        "The campaign was approved by a member",
    ),
    (
        campaign.CampaignLaunched(),
        "Launched the campaign",
    ),
    (
        campaign.AdCreated(AD_SET, Ad("123", "45", "active")),
        "The platform accepted the ad of ad set Runners (id 123 in campaign 45, active)",
    ),
    (
        campaign.AdRefused(AD_SET, "The headline shouts."),
        "The platform refused the ad of ad set Runners, because: The headline shouts",
    ),
    (
        campaign.CampaignPaused("Stock ran out."),
        "Paused the campaign, because: Stock ran out",
    ),
    (
        campaign.CampaignResumed(),
        "Resumed the campaign",
    ),
    (
        campaign.PlatformPaused(Platform.GOOGLE, DAY, "Score below 0.3."),
        "Paused Google on 2026-03-05, because: Score below 0.3",
    ),
    (
        campaign.PlatformResumed(Platform.GOOGLE, DAY),
        "Resumed Google on 2026-03-05",
    ),
    (
        campaign.BudgetReallocated(Platform.GOOGLE, Platform.LINKEDIN, EUR("120.00 EUR"), DAY, "higher return"),
        "Moved 120.00 EUR from Google to LinkedIn, because: higher return",
    ),
    (
        campaign.BudgetRaised(Platform.LINKEDIN, EUR("50.00 EUR"), DAY, "score above 0.8"),
        "Moved 50.00 EUR from the reserve to LinkedIn, because: score above 0.8",
    ),
    (
        campaign.OptimizationRequested("daily schedule"),
        "Asked for the campaign to be judged, because: daily schedule",
    ),
    (
        campaign.CampaignScored(
            Decimal("0.5512"),
            (PlatformScore(Platform.GOOGLE, Decimal("0.62")), PlatformScore(Platform.LINKEDIN, Decimal("0.3"))),
            DAY,
        ),
        "The campaign scored 0.55 on 2026-03-05. Platform scores: Google 0.62, LinkedIn 0.30",
    ),
    (
        campaign.AnomalyReported(Platform.GOOGLE, DAY, "12 clicks where 200 were expected."),
        "Unusual figures of Google reported on 2026-03-05, because: 12 clicks where 200 were expected",
    ),
    (
        campaign.CampaignCompleted(),
        "Completed the campaign: its last day is over",
    ),
    (
        campaign.CampaignArchived(),
        "Put the campaign away",
    ),
    (
        performance.PerformanceRecorded(
            CAMPAIGN,
            Platform.LINKEDIN,
            "2026-03",
            "EUR",
            AT,
            False,
            (
                Record("a", date(2026, 3, 2), Figures(1000, 10, 1, 0, Decimal("5.00"))),
                Record("a", date(2026, 3, 3), Figures(900, 9, 1, 0, Decimal("4.50"), Decimal("80"))),
                Record(
                    "a",
                    date(2026, 3, 1),
                    Figures(1100, 12, 2, 0, Decimal("7.80"), Decimal("40")),
                    Figures(1100, 11, 3, 0, Decimal("5.00"), Decimal("120.50")),
                ),
            ),
        ),
        "Recorded 3 days of LinkedIn figures: 2 new, 1 restated, "
        "+1,900 impressions, +20 clicks, +1 conversions, spend +12.30 EUR, revenue -0.50 EUR",
    ),
    (
        performance.PerformanceRecorded(
            CAMPAIGN,
            Platform.DISPLAY,
            "lifetime",
            "USD",
            AT,
            True,
            (Record("a", None, Figures(10, 1, spend=Decimal("1234.567891"))),),
        ),
        "Imported lifetime Display figures: 1 new, 0 restated, "
        "+10 impressions, +1 clicks, spend +1,234.567891 USD, revenue +0.00 USD",
    ),
    (
        integration.IntegrationRequested(Platform.CMS, "editor", "https://acme.example"),
        "Asked to connect the CMS account editor at https://acme.example",
    ),
    (
        integration.CredentialReplaced(),
        "Replaced the credential; it is to be verified",
    ),
    (
        integration.IntegrationConnected("Acme GmbH", "EUR"),
        "The platform accepted the credential of the account “Acme GmbH”, in EUR",
    ),
    (
        integration.IntegrationFailed("401: the token is expired."),
        "The platform refused the connection, because: 401: the token is expired",
    ),
    (
        integration.IntegrationSynced(AT),
        "Collected figures of this connection at 2026-03-05 09:30+00:00",
    ),
    (
        integration.IntegrationDisconnected(),
        "Ended the connection and destroyed its credential",
    ),
    (
        agent_run.RunStarted("content-ads", EVENT, "campaign.launched", 12, "campaign", CAMPAIGN),
        "Content & Ad Management took up “campaign launched” at position 12 about campaign Spring",
    ),
    (
        agent_run.RunStarted("content-ads", EVENT, "timer.collect", 0, "campaign", CAMPAIGN),
        "Content & Ad Management took up “timer collect” about campaign Spring",
    ),
    (agent_run.RunHeld("stock is out"), "Waits: stock is out"),
    (agent_run.RunReleased(), "Was taken up after it had waited"),
    (agent_run.RunCancelled("too late"), "Was given up while it waited, because: too late"),
    (
        agent_run.FactsRead((Fact(f"campaign/{CAMPAIGN}", "{}"), Fact("integration_of/google", "null"))),
        "Looked at 2 facts: campaign, integration of",
    ),
    (
        agent_run.DecisionMade(
            action="reallocate",
            subject_kind="campaign",
            subject=CAMPAIGN,
            reason="LinkedIn earns more per EUR.",
            rule="shift_to_best",
            target="google>linkedin",
            amount=Decimal("120.00"),
            currency="EUR",
            score=Decimal("0.21"),
            confidence=Decimal("0.8"),
            evidence=(Evidence("score", "0.21", "1"), Evidence("spend", "300.00", "EUR")),
            guardrails=(
                Guardrail("minimum days", "at least 7 days", "9", True),
                Guardrail("cooldown", "at least 7 days", "3", False),
            ),
        ),
        "Decided to move 120.00 EUR from Google to LinkedIn, because: LinkedIn earns more per EUR "
        "(rule shift to best, score 0.21, confidence 0.80); "
        "guardrails: 1 of 2 met, not cooldown at least 7 days, observed 3; evidence: score 0.21, spend 300.00 EUR",
    ),
    (
        agent_run.DecisionMade(
            "raise_budget", "campaign", CAMPAIGN, "It pays", "raise_winner", "linkedin", Decimal(50), "EUR"
        ),
        "Decided to move 50.00 EUR from the reserve to LinkedIn, because: It pays (rule raise winner)",
    ),
    (
        agent_run.DecisionMade("pause", "campaign", CAMPAIGN, "It loses", "pause_loser", "google"),
        "Decided to pause Google, because: It loses (rule pause loser)",
    ),
    (
        agent_run.DecisionMade("hold", "campaign", CAMPAIGN, "No rule applies.", "nothing_to_do"),
        "Decided to leave things as they are, because: No rule applies (rule nothing to do)",
    ),
    (
        agent_run.DecisionMade("alert", "campaign", CAMPAIGN, "No answer", "collection_failed", "google"),
        "Raised an alert about Google, because: No answer (rule collection failed)",
    ),
    (
        agent_run.DecisionMade("apply_brand", "campaign", CAMPAIGN, "It is Acme's", "campaigns_follow_their_brand"),
        "Decided to apply brand, because: It is Acme's (rule campaigns follow their brand)",
    ),
    (
        agent_run.CommandIssued("PausePlatform", "{}", True, "accepted"),
        "Issued the command “pause platform”; it was accepted",
    ),
    (
        agent_run.CommandIssued("PausePlatform", "{}", False, "WRONG_STATUS: The campaign is paused."),
        "Issued the command “pause platform”; it was rejected: WRONG_STATUS: The campaign is paused",
    ),
    (
        agent_run.EffectRequested(EFFECT, "CreateAd", '{"lock":"a","platform":"linkedin"}'),
        f"Requested “create ad” on LinkedIn (request {EFFECT})",
    ),
    (
        agent_run.EffectRequested(EFFECT, "WriteStrategy", "not JSON"),
        f"Requested “write strategy” (request {EFFECT})",
    ),
    (agent_run.EffectHeld(EFFECT, "google is left alone"), f"Request {EFFECT} waits: google is left alone"),
    (agent_run.EffectWithheld(EFFECT, "not sent: dry run"), f"Request {EFFECT} was not sent: dry run"),
    (agent_run.EffectCancelled(EFFECT, "too late"), f"Request {EFFECT} was given up, because: too late"),
    (agent_run.EffectRetried(EFFECT), f"Had request {EFFECT} tried again"),
    (
        agent_run.EffectAttempted(EFFECT, 1, "503: overloaded", AT),
        f"Try 1 of request {EFFECT} failed: 503: overloaded; the next try is at 2026-03-05 09:30+00:00",
    ),
    (
        agent_run.EffectSucceeded(EFFECT, 2, '{"external_id":"123"}'),
        f"Request {EFFECT} was done at try 2",
    ),
    (
        agent_run.EffectFailed(EFFECT, 5, "403: no permission"),
        f"Request {EFFECT} failed for good at try 5: 403: no permission",
    ),
    (
        agent_run.RunCompleted(),
        "Nothing of this reaction is left to do",
    ),
    (
        CALLED,
        f"Asked gpt-5-mini at api.openai.com by strategy@1 (request {EFFECT}, try 1): answered in 2,500 ms, "
        "1,200 tokens in, 300 out, cost 0.000885 USD",
    ),
    (
        replace(
            CALLED,
            repair="repair@1",
            outcome=ModelOutcome.TIMED_OUT,
            error="No answer within 180 seconds.",
            input_tokens=None,
            output_tokens=None,
            cost=None,
        ),
        f"Asked gpt-5-mini at api.openai.com to repair its answer to strategy@1 (request {EFFECT}, try 1): timed out in "
        "2,500 ms, cost unknown: No answer within 180 seconds",
    ),
    (
        agent_run.RunFailed("KeyError: 'google'"),
        "The agent broke off and did nothing: KeyError: 'google'",
    ),
    (
        agent_policy.GuardrailsSet(None, (GuardrailValue("cooldown_days", Decimal(14)),)),
        "Set the guardrails of agents: cooldown days 14 days",
    ),
    (
        agent_policy.GuardrailsSet(CAMPAIGN, ()),
        "Set the guardrails of agents in campaign Spring: none of their own",
    ),
    (agent_policy.DryRunSet(None, True), "Began a dry run of agents"),
    (agent_policy.DryRunSet(CAMPAIGN, False), "Ended a dry run of agents in campaign Spring"),
    (
        agent_policy.ApprovalSet(None, (EUR("100 EUR"),), 24),
        "Set the approval of agents' changes: above 100.00 EUR agents wait up to 24 hours for a person",
    ),
    (agent_policy.ApprovalSet(None, (), 72), "Set the approval of agents' changes: agents need none"),
    (
        agent_policy.AgentStopped("content-ads", "it overspends"),
        "Stopped Content & Ad Management, because: it overspends",
    ),
    (agent_policy.AgentStarted("*"), "Started all agents again"),
    (
        made(MOVE, expires_at=AT),
        "Recommended to move 120.00 EUR from Google to LinkedIn in campaign Spring, because: LinkedIn earns more per"
        " EUR; a person can accept it until 2026-03-05 09:30+00:00",
    ),
    (
        made(RAISE),
        "Recommended to move 50.00 EUR from the reserve to LinkedIn in campaign Spring, because: LinkedIn earns more per"
        " EUR",
    ),
    (
        made(PAUSE, simulated=True),
        "In a dry run, recommended to pause Google in campaign Spring, because: LinkedIn earns more per EUR",
    ),
    (recommendation.RecommendationAccepted("policy"), "Accepted it, as the policy allows"),
    (recommendation.RecommendationAccepted(f"user:{USER}"), "Accepted it"),
    (recommendation.RecommendationRejected(f"user:{USER}", "Not now."), "Rejected it, because: Not now"),
    (recommendation.RecommendationApplied(DAY), "Changed the campaign as recommended"),
    (recommendation.RecommendationExpired(), "Nobody decided about it in time"),
    (
        recommendation.RecommendationMeasured(GAIN),
        "Measured that a day brought +1.5 conversions and cost +0 EUR against the 7 days before",
    ),
)
