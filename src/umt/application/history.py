"""History in plain words: what happened, with figures and units, for marketers and auditors.

Personal data never appears: persons are "a member" or an id. What has a name of its own is told by `Names`, so that
history can be read with or without looking names up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from umt.application.agents import AGENTS
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
from umt.domain.brand import Audience, Styling
from umt.domain.campaign import Allocation
from umt.domain.event import Event
from umt.domain.money import CURRENCIES
from umt.domain.performance import Figures
from umt.domain.platform import Platform
from umt.domain.recorded import Actor, ActorKind, Recorded

Names: TypeAlias = Callable[[str], str]
"""What the thing with this id (a brand, an ad set, …) is called; the id itself where nothing better is known."""


class HistoryEntry(msgspec.Struct, frozen=True):
    """One line of history. ``actor`` is said in words; ``actor_id`` tells which member, agent or key it was."""

    position: int
    version: int
    effective_at: datetime
    recorded_at: datetime
    actor: str
    actor_kind: ActorKind
    actor_id: str
    event_type: str
    text: str
    correlation: UUID
    causation: UUID | None


def entry(recorded: Recorded, names: Names = str) -> HistoryEntry:
    """The event as a line of history."""
    metadata = recorded.metadata
    return HistoryEntry(
        position=recorded.position,
        version=recorded.version,
        effective_at=metadata.effective_at,
        recorded_at=recorded.recorded_at,
        actor=actor_in_words(metadata.actor),
        actor_kind=metadata.actor.kind,
        actor_id=metadata.actor.id,
        event_type=recorded.event.type_name,
        text=sentence(recorded, names),
        correlation=metadata.correlation,
        causation=metadata.causation,
    )


def sentence(recorded: Recorded, names: Names = str) -> str:
    """What happened, in one sentence without its end."""
    event = recorded.event
    speaker = _SPEAKERS.get(type(event).__module__)
    text = speaker(event, names) if speaker else None
    if text is None:
        raise LookupError(f"history has no words for {event.type_name}")
    return text


def actor_in_words(actor: Actor) -> str:
    """Who acted, without saying which person."""
    match actor.kind:
        case ActorKind.AGENT:
            return AGENTS[actor.id].title if actor.id in AGENTS else actor.id
        case ActorKind.USER:
            return "a member"
        case ActorKind.API_KEY:
            return "an API key"
        case ActorKind.SYSTEM:
            return "the system"


# The contexts


def _workspace(event: Event, names: Names) -> str | None:
    match event:
        case workspace.WorkspaceCreated():
            return f"Set up the workspace “{event.name}” (time zone {event.time_zone})"
        case workspace.MemberAdded():
            return f"User {event.user} became a member as {event.role}"
        case workspace.WorkspaceRenamed():
            return f"Renamed the workspace to “{event.name}”"
        case workspace.TimeZoneChanged():
            return f"Set the workspace's time zone to {event.time_zone}"
        case workspace.ServiceAccountAdded():
            return f"The service account “{event.name}” ({event.user}) became a member as {event.role}"
        case workspace.MemberRoleChanged():
            vouched = "; an owner vouches for them" if event.vouched else ""
            return f"User {event.user} is a member as {event.role} from now on{vouched}"
        case workspace.MemberRemoved():
            return f"User {event.user} is no member any more"
        case workspace.ApprovalLimitsSet():
            limits = _listed(str(limit) for limit in event.limits)
            return (
                f"A campaign needs a second person's approval above {limits}"
                if limits
                else "Lifted the approval limits"
            )
        case workspace.ModelBudgetSet():
            return (
                f"Language models may cost {event.budget} in a month"
                if event.budget
                else "Lifted the limit of what language models may cost"
            )
        case workspace.AgentLimited():
            agent = actor_in_words(Actor(ActorKind.AGENT, event.agent))
            allowed = "all that agents of its kind may" if event.permissions is None else _listed(event.permissions)
            return f"{agent} may do here: {allowed or 'nothing'}"
        case _:
            return None


def _user(event: Event, names: Names) -> str | None:
    match event:
        case user.UserRegistered():
            return "A person came to work here"
        case user.UserRenamed():
            return "A person changed their name"
        case user.PasswordSet():
            return "A person set their password"
        case user.UserErased():
            return "A person was erased: their name and address can no longer be read"
        case _:
            return None


def _invitation(event: Event, names: Names) -> str | None:
    match event:
        case invitation.InvitationSent():
            return f"Invited a person to work here as {event.role}, until {_time(event.expires_at)}"
        case invitation.InvitationAccepted():
            return f"The invited person accepted, as user {event.user}"
        case invitation.InvitationRevoked():
            return "Took the invitation back"
        case _:
            return None


def _api_key(event: Event, names: Names) -> str | None:
    match event:
        case api_key.ApiKeyCreated():
            return (
                f"Made the API key “{event.name}” ({event.prefix}…) for user {event.holder} until "
                f"{_time(event.expires_at)}; it may: {_listed(event.scopes)}"
            )
        case api_key.ApiKeyUsed():
            return f"The API key was used in the hour from {_time(event.hour)}"
        case api_key.ApiKeyRevoked():
            return f"Revoked the API key{_because(event.reason)}"
        case _:
            return None


def _brand(event: Event, names: Names) -> str | None:
    match event:
        case brand.BrandCreated():
            return f"Set up the brand “{event.name}” ({event.industry.name})"
        case brand.BrandRenamed():
            return f"Renamed the brand to “{event.name}”"
        case brand.BrandDescribed():
            return f"Described the brand ({event.industry.name}): {_said(event.description) or 'nothing'}"
        case brand.BrandStyled():
            return f"Set the brand's look and voice: {_styling(event.styling)}"
        case brand.AudiencesDefined():
            return f"Set whom the brand wants to reach: {_audiences(event.audiences)}"
        case brand.SocialAccountAdded():
            return f"Added the {event.account.platform.label} account {event.account.handle}"
        case brand.SocialAccountRemoved():
            return f"Removed the {event.platform.label} account {event.handle}"
        case brand.CompetitorAdded():
            strengths = _listed(event.competitor.strengths)
            return f"Watches the competitor “{event.competitor.name}”" + (
                f", strong in {strengths}" if strengths else ""
            )
        case brand.CompetitorRemoved():
            return f"Watches the competitor “{event.name}” no longer"
        case brand.BrandArchived():
            return "Put the brand away; its name is free again"
        case _:
            return None


def _template(event: Event, names: Names) -> str | None:
    match event:
        case template.TemplateCreated():
            return f"Wrote the {_spaced(event.format)} template “{event.name}”, revision 1"
        case template.TemplateRevised():
            return f"Revised the template: its instructions have {len(event.instructions):,} characters now"
        case template.TemplateRetired():
            return "Retired the template"
        case _:
            return None


def _content(event: Event, names: Names) -> str | None:
    match event:
        case content.ContentRequested(brief=brief):
            return (
                f"Asked for the {_spaced(brief.format)} “{brief.title}” of brand {names(str(event.brand))}: "
                f"{_count(brief.variations, 'variation')} for {_platforms(brief.channels)}, "
                f"from the template “{event.template.name}” (revision {event.template.revision}), "
                f"to the goal: {_said(brief.goal)}"
            )
        case content.StrategyProposed(strategy=strategy):
            sources = _listed(dict.fromkeys(finding.source for finding in strategy.findings))
            return f"Proposed the strategy “{_said(strategy.angle)}” in a {strategy.tone} tone, resting on {sources or 'nothing'}"
        case content.VariationsGenerated():
            headlines = _listed(f"{v.number} “{_said(v.headline)}”" for v in event.variations)
            writers = _listed(dict.fromkeys(v.writer for v in event.variations))
            return f"{_count(len(event.variations), 'variation')} written by {writers}: {headlines}"
        case content.VariationRevised():
            return f"Edited variation {event.number}: “{_said(event.headline)}”"
        case content.VariationSelected():
            return f"Chose variation {event.number}"
        case content.ContentApproved():
            return f"The chosen variation was approved by {_by(event.by)}"
        case content.ContentRejected():
            return f"The chosen variation was rejected by {_by(event.by)}{_because(event.reason)}"
        case content.PublicationScheduled():
            return f"Scheduled the publication on {event.channel.label} for {_time(event.at)}"
        case content.ContentPublished():
            return f"Published on {event.channel.label}: {event.url} (id {event.external_id})"
        case content.PublicationFailed():
            return f"{event.channel.label} did not publish{_because(event.reason)}"
        case content.PublicationRetried():
            return f"Asked for another try to publish on {event.channel.label}"
        case content.ContentArchived():
            return "Put the content away"
        case _:
            return None


def _campaign(event: Event, names: Names) -> str | None:
    match event:
        case campaign.CampaignCreated(schedule=schedule):
            return (
                f"Set up the campaign “{event.name}” of brand {names(str(event.brand))} for {event.objective}: "
                f"{event.total_budget} from {schedule.starts_on} to {schedule.ends_on} ({schedule.time_zone}) "
                f"on {_platforms(event.platforms)}"
            )
        case campaign.CampaignImported():
            return (
                f"Found the campaign “{event.name}” ({event.reference}) on {_platforms(event.platforms)} "
                f"in an imported file, in {event.currency}"
            )
        case campaign.AdsFound():
            found = _listed((f"“{ad.name}”" for ad in event.ads), most=5)
            return f"Found {_count(len(event.ads), f'{event.platform.label} ad')} in an imported file: {found}"
        case campaign.BrandApplied():
            return (
                f"Took over the brand's look and voice ({_styling(event.styling)}) "
                f"and {_count(len(event.audiences), 'audience')}: {_audiences(event.audiences)}"
            )
        case campaign.CampaignRevised(schedule=schedule):
            shares = "" if event.allocation is None else f"; shared out: {_shares(event.allocation)}"
            return (
                f"Revised the draft: “{event.name}” for {event.objective}, "
                f"{event.total_budget} from {schedule.starts_on} to {schedule.ends_on} ({schedule.time_zone}) "
                f"on {_platforms(event.platforms)}{shares}"
            )
        case campaign.BudgetAllocated():
            return f"Shared out the budget: {_shares(event.allocation)}"
        case campaign.AdSetAdded(ad_set=ad_set):
            bid = f", bidding {ad_set.bid}" if ad_set.bid else ""
            return (
                f"Added the {ad_set.platform.label} ad set “{ad_set.name}” for {_audience(ad_set.audience)}, "
                f"showing “{_said(ad_set.creative.headline)}”{bid}"
            )
        case campaign.AdSetRemoved():
            return f"Removed the ad set {names(str(event.ad_set))}"
        case campaign.CampaignApproved():
            return f"The campaign was approved by {_by(event.by)}"
        case campaign.CampaignLaunched():
            return "Launched the campaign"
        case campaign.AdCreated(ad=ad):
            place = f"id {ad.external_id} in campaign {ad.external_campaign_id}"
            return f"The platform accepted the ad of ad set {names(str(event.ad_set))} ({place}, {ad.status})"
        case campaign.AdRefused():
            return f"The platform refused the ad of ad set {names(str(event.ad_set))}{_because(event.reason)}"
        case campaign.CampaignPaused():
            return f"Paused the campaign{_because(event.reason)}"
        case campaign.CampaignResumed():
            return "Resumed the campaign"
        case campaign.PlatformPaused():
            return f"Paused {event.platform.label} on {event.on}{_because(event.reason)}"
        case campaign.PlatformResumed():
            return f"Resumed {event.platform.label} on {event.on}"
        case campaign.BudgetReallocated():
            return f"Moved {event.amount} from {event.source.label} to {event.target.label}{_because(event.reason)}"
        case campaign.BudgetRaised():
            return f"Moved {event.amount} from the reserve to {event.platform.label}{_because(event.reason)}"
        case campaign.OptimizationRequested():
            return f"Asked for the campaign to be judged{_because(event.reason)}"
        case campaign.CampaignScored():
            scores = _listed(f"{each.platform.label} {each.score:.2f}" for each in event.platforms)
            return f"The campaign scored {event.score:.2f} on {event.on}. Platform scores: {scores or 'none'}"
        case campaign.AnomalyReported():
            return f"Unusual figures of {event.platform.label} reported on {event.on}{_because(event.reason)}"
        case campaign.CampaignCompleted():
            return "Completed the campaign: its last day is over"
        case campaign.CampaignArchived():
            return "Put the campaign away"
        case _:
            return None


def _performance(event: Event, names: Names) -> str | None:
    if not isinstance(event, performance.PerformanceRecorded):
        return None
    days = len({record.day for record in event.records if record.day})
    restated = sum(record.previous is not None for record in event.records)
    change = sum((record.change for record in event.records), Figures())
    counts = (
        f"{getattr(change, name):+,} {name}"
        for name in ("impressions", "clicks", "conversions", "leads")
        if getattr(change, name)
    )
    amounts = (f"{name} {_signed(getattr(change, name), event.currency)}" for name in ("spend", "revenue"))
    return (
        f"{'Imported' if event.imported else 'Recorded'} {_count(days, 'day') + ' of' if days else 'lifetime'} "
        f"{event.platform.label} figures: {len(event.records) - restated} new, {restated} restated, "
        f"{', '.join((*counts, *amounts))}"
    )


def _integration(event: Event, names: Names) -> str | None:
    match event:
        case integration.IntegrationRequested():
            at = f" at {event.endpoint}" if event.endpoint else ""
            return f"Asked to connect the {event.platform.label} account {event.account}{at}"
        case integration.CredentialReplaced():
            return "Replaced the credential; it is to be verified"
        case integration.IntegrationConnected():
            currency = f", in {event.currency}" if event.currency else ""
            return f"The platform accepted the credential of the account “{event.account_name}”{currency}"
        case integration.IntegrationFailed():
            return f"The platform refused the connection{_because(event.reason)}"
        case integration.IntegrationSynced():
            return f"Collected figures of this connection at {_time(event.at)}"
        case integration.IntegrationDisconnected():
            return "Ended the connection and destroyed its credential"
        case _:
            return None


def _agent_run(event: Event, names: Names) -> str | None:
    match event:
        case agent_run.RunStarted():
            at = f" at position {event.trigger_position}" if event.trigger_position else ""
            agent = actor_in_words(Actor(ActorKind.AGENT, event.agent))
            about = f"{_spaced(event.subject_kind)} {names(str(event.subject))}"
            return f"{agent} took up “{_spaced(event.trigger_type)}”{at} about {about}"
        case agent_run.RunHeld():
            return f"Waits: {_said(event.reason)}"
        case agent_run.RunReleased():
            return "Was taken up after it had waited"
        case agent_run.RunCancelled():
            return f"Was given up while it waited{_because(event.reason)}"
        case agent_run.FactsRead():
            kinds = _listed(dict.fromkeys(_spaced(fact.key.partition("/")[0]) for fact in event.facts))
            return f"Looked at {_count(len(event.facts), 'fact')}" + (f": {kinds}" if kinds else "")
        case agent_run.DecisionMade():
            return _decision(event)
        case agent_run.CommandIssued():
            outcome = "it was accepted" if event.accepted else f"it was rejected: {_said(event.outcome)}"
            return f"Issued the command “{_unjoined(event.command)}”; {outcome}"
        case agent_run.EffectRequested():
            return f"Requested “{_unjoined(event.effect_kind)}”{_place(event.request)} (request {event.effect})"
        case agent_run.EffectHeld():
            return f"Request {event.effect} waits: {_said(event.reason)}"
        case agent_run.EffectWithheld():
            return f"Request {event.effect} was {_said(event.reason)}"
        case agent_run.EffectCancelled():
            return f"Request {event.effect} was given up{_because(event.reason)}"
        case agent_run.EffectRetried():
            return f"Had request {event.effect} tried again"
        case agent_run.EffectAttempted():
            again = f"; the next try is at {_time(event.retry_at)}" if event.retry_at else ""
            return f"Try {event.attempt} of request {event.effect} failed: {_said(event.error)}{again}"
        case agent_run.EffectSucceeded():
            return f"Request {event.effect} was done at try {event.attempt}"
        case agent_run.EffectFailed():
            return f"Request {event.effect} failed for good at try {event.attempt}: {_said(event.error)}"
        case agent_run.RunCompleted():
            return "Nothing of this reaction is left to do"
        case agent_run.RunFailed():
            return f"The agent broke off and did nothing: {_said(event.error)}"
        case agent_run.ModelCalled():
            return _model_call(event)
        case _:
            return None


def _agent_policy(event: Event, names: Names) -> str | None:
    match event:
        case agent_policy.GuardrailsSet():
            limits = _listed(
                f"{_spaced(g.name)} {g.value:f} {agent_policy.RANGES[g.name].unit}" for g in event.guardrails
            )
            return f"Set the guardrails of agents{_for(event.campaign, names)}: {limits or 'none of their own'}"
        case agent_policy.DryRunSet():
            begun = "Began" if event.on else "Ended"
            return f"{begun} a dry run of agents{_for(event.campaign, names)}"
        case agent_policy.ApprovalSet():
            limits = _listed(_money(limit.amount, limit.currency) for limit in event.thresholds)
            needed = (
                f"above {limits} agents wait up to {event.hours} hours for a person" if limits else "agents need none"
            )
            return f"Set the approval of agents' changes{_for(event.campaign, names)}: {needed}"
        case agent_policy.AgentStopped():
            return f"Stopped {_agents(event.agent)}{_because(event.reason)}"
        case agent_policy.AgentStarted():
            return f"Started {_agents(event.agent)} again"
        case _:
            return None


def _recommendation(event: Event, names: Names) -> str | None:
    match event:
        case recommendation.RecommendationMade():
            change = event.change
            amount = _money(change.amount.amount, change.amount.currency) if change.amount else ""
            on = _platform(change.platform)
            if change.target:
                what = f"to move {amount} from {on} to {_platform(change.target)}"
            else:
                what = f"to pause {on}" if not amount else f"to move {amount} from the reserve to {on}"
            until = f"; a person can accept it until {_time(event.expires_at)}" if event.expires_at else ""
            said = "In a dry run, recommended" if event.simulated else "Recommended"
            return f"{said} {what} in campaign {names(str(event.campaign))}{_because(event.reason)}{until}"
        case recommendation.RecommendationAccepted():
            return "Accepted it" if event.by != recommendation.POLICY else "Accepted it, as the policy allows"
        case recommendation.RecommendationRejected():
            return f"Rejected it{_because(event.reason)}"
        case recommendation.RecommendationApplied():
            return "Changed the campaign as recommended"
        case recommendation.RecommendationExpired():
            return "Nobody decided about it in time"
        case recommendation.RecommendationMeasured():
            seen = event.measured
            return (
                f"Measured that a day brought {seen.outcome:+f} {seen.outcome_unit} and cost {seen.spend:+f}"
                f" {seen.currency} against the {seen.days} days before"
            )
        case _:
            return None


_SPEAKERS: Final[dict[str, Callable[[Event, Names], str | None]]] = {
    workspace.__name__: _workspace,
    user.__name__: _user,
    invitation.__name__: _invitation,
    api_key.__name__: _api_key,
    brand.__name__: _brand,
    template.__name__: _template,
    content.__name__: _content,
    campaign.__name__: _campaign,
    performance.__name__: _performance,
    integration.__name__: _integration,
    agent_run.__name__: _agent_run,
    agent_policy.__name__: _agent_policy,
    recommendation.__name__: _recommendation,
}


def _decision(event: agent_run.DecisionMade) -> str:
    source, _, target = event.target.partition(">")
    on, to = _platform(source), _platform(target)
    amount = "" if event.amount is None else _money(event.amount, event.currency)
    match event.action:
        case "reallocate":
            decided = f"Decided to move {amount} from {on} to {to}"
        case "raise_budget":
            decided = f"Decided to move {amount} from the reserve to {on}"
        case "pause":
            decided = f"Decided to pause {on}"
        case "hold":
            decided = "Decided to leave things as they are" + (f" on {on}" if on else "")
        case "alert":
            decided = "Raised an alert" + (f" about {on}" if on else "")
        case other:
            decided = f"Decided to {_spaced(other)}" + (f" on {on}" if on else "")
    figures = [f"rule {_spaced(event.rule)}"]
    if event.score is not None:
        figures.append(f"score {event.score:.2f}")
    if event.confidence is not None:
        figures.append(f"confidence {event.confidence:.2f}")
    parts = [f"{decided}{_because(event.reason)} ({', '.join(figures)})"]
    if event.guardrails:
        met = sum(guardrail.met for guardrail in event.guardrails)
        unmet = _listed(f"{g.name} {g.limit}, observed {g.observed}" for g in event.guardrails if not g.met)
        parts.append(f"guardrails: {met} of {len(event.guardrails)} met" + (f", not {unmet}" if unmet else ""))
    if event.evidence:
        parts.append("evidence: " + _listed(f"{e.name} {e.value}{_unit(e.unit)}" for e in event.evidence))
    return "; ".join(parts)


def _model_call(event: agent_run.ModelCalled) -> str:
    asked = f"to repair its answer to {event.prompt}" if event.repair else f"by {event.prompt}"
    cost = "cost unknown" if event.cost is None else f"cost {_money(event.cost, event.currency)}"
    tokens = ""
    if event.input_tokens is not None and event.output_tokens is not None:
        tokens = f"{event.input_tokens:,} tokens in, {event.output_tokens:,} out, "
    why = f": {_said(event.error)}" if event.error else ""
    return (
        f"Asked {event.model} at {event.service} {asked} (request {event.effect}, try {event.attempt}): "
        f"{_spaced(event.outcome)} in {event.milliseconds:,} ms, {tokens}{cost}{why}"
    )


# Words


def _said(text: str, longest: int = 500) -> str:
    """A text of others on one line, without its full stop."""
    line = " ".join(text.split()).removesuffix(".")
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _because(reason: str) -> str:
    return f", because: {_said(reason)}" if reason else ""


def _by(actor: str) -> str:
    kind, _, identifier = actor.partition(":")
    return actor_in_words(Actor(ActorKind(kind), identifier)) if kind in set(ActorKind) else actor


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def _for(campaign: UUID | None, names: Names) -> str:
    return f" in campaign {names(str(campaign))}" if campaign else ""


def _agents(agent: str) -> str:
    return "all agents" if agent == agent_policy.EVERY_AGENT else actor_in_words(Actor(ActorKind.AGENT, agent))


def _listed(things: Iterable[str], most: int = 50) -> str:
    every = list(things)
    return ", ".join(every[:most]) + (f" and {len(every) - most:,} more" if len(every) > most else "")


def _spaced(name: str) -> str:
    """``raise_budget`` and ``campaign.launched`` as words."""
    return name.replace("_", " ").replace(".", " ")


def _unjoined(name: str) -> str:
    """``PausePlatform`` as words."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _platform(name: str) -> str:
    return Platform(name).label if name in set(Platform) else name


def _platforms(platforms: Iterable[Platform]) -> str:
    return _listed(platform.label for platform in platforms)


def _shares(allocation: Iterable[Allocation]) -> str:
    return _listed(f"{share.platform.label} {share.amount}" for share in allocation) or "all of it in reserve"


def _place(request: str) -> str:
    """Where an effect is to happen, if its request says so."""
    try:
        fields = msgspec.json.decode(request)
    except msgspec.DecodeError:
        return ""
    name = (fields.get("platform") or fields.get("channel")) if isinstance(fields, dict) else None
    return f" on {_platform(str(name))}" if name else ""


def _money(amount: Decimal, currency: str, sign: str = "") -> str:
    """The amount with the digits of the minor unit, and more only where there are more."""
    rounded = amount.quantize(Decimal(1).scaleb(-CURRENCIES.get(currency, 2)))
    return f"{rounded if rounded == amount else amount:{sign},f} {currency}"


def _signed(amount: Decimal, currency: str) -> str:
    return _money(amount, currency, "+")


def _unit(unit: str) -> str:
    return "" if unit in ("", "1") else f" {unit}"


def _time(at: datetime) -> str:
    return at.isoformat(" ", "minutes")


def _styling(styling: Styling) -> str:
    said = (
        ("colours", _listed(filter(None, (styling.primary_color, styling.secondary_color)))),
        ("font", styling.font_family),
        ("tone", styling.tone_of_voice),
        ("words to use", _listed(styling.words_to_use)),
        ("words to avoid", _listed(styling.words_to_avoid)),
        ("logo", styling.logo_url),
    )
    return "; ".join(f"{name} {value}" for name, value in said if value)


def _audiences(audiences: Iterable[Audience]) -> str:
    return "; ".join(map(_audience, audiences)) or "nobody in particular"


def _audience(audience: Audience) -> str:
    who = [f"{audience.age_from} to {audience.age_to} years"]
    who += filter(None, (_listed(audience.genders), _listed(audience.interests), _listed(audience.places)))
    return f"“{audience.name}” ({', '.join(who)})"
