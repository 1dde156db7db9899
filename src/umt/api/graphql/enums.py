"""The enumerations of the domain, published under names of their own with a word on each value."""

from __future__ import annotations

from enum import Enum, StrEnum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from umt.application.breakers import State as BreakerState
from umt.application.permissions import Permission
from umt.application.ports import ErrorClass
from umt.application.security_events import SecurityEventKind
from umt.domain.agent_run import EffectStatus, ModelOutcome, RunMode
from umt.domain.campaign import Objective
from umt.domain.campaign import Status as CampaignStatus
from umt.domain.content import Status as ContentStatus
from umt.domain.integration import Status as IntegrationStatus
from umt.domain.invitation import Status as InvitationStatus
from umt.domain.platform import Platform
from umt.domain.recorded import ActorKind
from umt.domain.template import Format
from umt.domain.workspace import Role

__all__ = [
    "ActorKind",
    "BreakerState",
    "CampaignStatus",
    "ContentStatus",
    "EffectStatus",
    "ErrorClass",
    "Format",
    "IntegrationStatus",
    "InvitationStatus",
    "MemberKind",
    "ModelOutcome",
    "Objective",
    "Permission",
    "Platform",
    "PublicationState",
    "RecommendationState",
    "Role",
    "RunMode",
    "RunStatus",
    "SecurityEventKind",
]


class MemberKind(StrEnum):
    """What a member is."""

    PERSON = "person"
    SERVICE = "service"


class RunStatus(StrEnum):
    """How far an agent's reaction has come."""

    RUNNING = "running"
    HELD = "held"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


class PublicationState(StrEnum):
    """How far a publication has come."""

    REQUESTED = "requested"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    FAILED = "failed"


class RecommendationState(StrEnum):
    """What came of a recommendation."""

    OPEN = "open"
    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SIMULATED = "simulated"


def _publish(kind: type[Enum], name: str, description: str, **values: str) -> None:
    published = strawberry.enum(kind, name=name, description=description)
    definition: StrawberryEnumDefinition = published.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]


_publish(
    Platform,
    "Platform",
    "Where a brand speaks and spends.",
    GOOGLE="Google Ads.",
    FACEBOOK="Facebook, by the Meta Marketing API.",
    INSTAGRAM="Instagram, by the Meta Marketing API.",
    LINKEDIN="LinkedIn Ads.",
    X="X.",
    TIKTOK="TikTok.",
    DISPLAY="Display networks.",
    EMAIL="E-mail; sells no ads.",
    CMS="The brand's own site, e.g. WordPress; sells no ads.",
)
_publish(
    Role,
    "Role",
    "What a member of a workspace may do.",
    OWNER="Everything.",
    ADMIN="Everything but making or unmaking owners, loosening approval limits and erasing people.",
    MARKETER="Brands, contents, campaigns and figures; not members, nor connections to platforms.",
    ANALYST="Reading.",
    AUDITOR="Reading, and who opened what: API keys and security events.",
)
_publish(
    MemberKind,
    "MemberKind",
    "What a member is.",
    PERSON="A person, who signs in.",
    SERVICE="A service account: a program, which works by API keys.",
)
_publish(
    InvitationStatus,
    "InvitationStatus",
    "How far an invitation has come.",
    OPEN="It can be accepted until it expires.",
    ACCEPTED="The person is a member.",
    REVOKED="It was taken back.",
)
_publish(
    Format,
    "Format",
    "What kind of text a content is.",
    BLOG_POST="An article.",
    SOCIAL_POST="A post on a social platform.",
    EMAIL="A newsletter.",
    AD_COPY="The text of an ad.",
)
_publish(
    Objective,
    "Objective",
    "What a campaign is for.",
    AWARENESS="Being known.",
    TRAFFIC="Visits.",
    ENGAGEMENT="Reactions.",
    LEADS="Enquiries.",
    SALES="Purchases.",
)
_publish(
    CampaignStatus,
    "CampaignStatus",
    "How far a campaign has come.",
    DRAFT="It is being set up; any edit leads back here.",
    APPROVED="It may be launched as it stands.",
    LIVE="It runs.",
    PAUSED="It is stopped until it is resumed.",
    COMPLETED="Its last day is over.",
    IMPORTED="It ran elsewhere and came in by a file.",
    ARCHIVED="It was put away; nothing about it changes any more.",
)
_publish(
    ContentStatus,
    "ContentStatus",
    "How far a content has come.",
    REQUESTED="It was asked for.",
    PLANNED="It has a strategy.",
    DRAFTED="It has proposals to choose from.",
    SELECTED="A proposal was chosen.",
    APPROVED="The chosen proposal may be published.",
    PUBLISHED="Every channel has published it.",
    ARCHIVED="It was put away.",
)
_publish(
    IntegrationStatus,
    "IntegrationStatus",
    "Whether a connection can be used.",
    REQUESTED="Its credential is being verified.",
    CONNECTED="The platform accepted the credential.",
    FAILED="The platform refused the credential.",
    DISCONNECTED="It was ended and its credential destroyed.",
)
_publish(
    RunStatus,
    "RunStatus",
    "How far an agent's reaction has come.",
    RUNNING="Something is left to do.",
    HELD="It waits: its agent is stopped, or somebody has it taken up again.",
    COMPLETED="Nothing is left to do.",
    CANCELLED="Somebody did not want it while it waited; it was not taken up.",
    FAILED="The agent broke off; nothing of the reaction was done.",
)
_publish(
    EffectStatus,
    "EffectStatus",
    "How far something has come that an agent asked of the outside.",
    REQUESTED="Its outcome is open.",
    HELD="Its outcome is open, and it is not tried for now: its agent is stopped, or a service is left alone for a while.",
    SUCCEEDED="The outside did it.",
    FAILED="The outside refused it for good, or too many tries failed.",
    CANCELLED="Somebody did not want it any more.",
    WITHHELD="It was not sent, since nothing outside was to be changed.",
)
_publish(
    RunMode,
    "RunMode",
    "What a reaction's steps may do.",
    LIVE="Whatever its agent may.",
    DRY_RUN="Decide and say so; nothing outside is changed and no money moves.",
    SHADOW="Decide and say so, while an agent goes through the log again; nothing at all is sent.",
)
_publish(
    ErrorClass,
    "ErrorClass",
    "What kind of failure something is, which decides whether it is tried again.",
    TRANSIENT="It passes by itself: a service is busy, away or slow. Tried again.",
    CLIENT="What was asked for is wrong; it is not tried again.",
    SERVER="A service, or we, broke over it. Tried again.",
    FATAL="It can never be read or done; it is not tried again.",
)
_publish(
    PublicationState,
    "PublicationState",
    "How far a publication has come.",
    REQUESTED="It is published as soon as the content is approved.",
    SCHEDULED="It waits for a time.",
    PUBLISHED="The channel has published it.",
    FAILED="The channel refused it.",
)
_publish(
    RecommendationState,
    "RecommendationState",
    "What came of a recommendation.",
    OPEN="People are to look at it.",
    PROPOSED="It waits for a person to accept or reject it.",
    ACCEPTED="It is to be carried out.",
    APPLIED="It was carried out.",
    REJECTED="A person did not want it, or the rules of the domain did not let it be carried out.",
    EXPIRED="Nobody decided in time.",
    SIMULATED="It was said in a dry run and is never carried out.",
)
_publish(
    BreakerState,
    "BreakerState",
    "Whether calls of an outside service go through.",
    CLOSED="They do.",
    OPEN="None is sent until the next probe is due: the service failed too often.",
    HALF_OPEN="One is, the probe: an answer closes the breaker, a failure opens it again.",
)
_publish(
    ErrorClass,
    "ErrorClass",
    "What kind of failure it was.",
    TRANSIENT="The network, a time limit, too many calls: it passes by itself.",
    CLIENT="What was asked is not allowed or not valid.",
    SERVER="The service broke, or the program itself did.",
    FATAL="Data is not what it should be.",
)
_publish(
    ModelOutcome,
    "ModelOutcome",
    "What came of a call to a language model.",
    ANSWERED="The answer holds.",
    REPAIRED="The answer holds that was asked for because the first one did not.",
    UNUSABLE="The answer is not what was asked for.",
    CUT_SHORT="The answer came to its largest length before its end.",
    REFUSED="The model declined, or a filter of the service stopped it.",
    RATE_LIMITED="The service took no more calls for the moment.",
    REJECTED="The service did not accept the key or the request.",
    FAILED="The service broke, or what it sent is no response.",
    TOO_LONG="The service sent more than any response has, and was not listened to any longer.",
    TIMED_OUT="There was no whole answer in time.",
    UNREACHABLE="There was no connection, or it broke.",
)
_publish(
    ActorKind,
    "ActorKind",
    "What kind of thing acts.",
    USER="A member of the workspace.",
    AGENT="One of the agents.",
    API_KEY="A program with a key.",
    SYSTEM="A part of the system.",
)
_publish(
    Permission,
    "Permission",
    "What can be permitted. Where it is written as a text, as in the scopes of an API key, it is like `brand:write`.",
    REGISTER="Make an account by other means than `register`: the operator's alone.",
    SELF="Look after one's own session and password.",
    WORKSPACE_READ="See the workspace.",
    WORKSPACE_MANAGE="Change the workspace's own settings.",
    MEMBER_READ="See who the members are.",
    MEMBER_MANAGE="Invite, change and remove members.",
    KEY_READ="See the API keys.",
    KEY_MANAGE="Make and revoke API keys.",
    SUBJECT_EXPORT="Get all that is known of a person.",
    SUBJECT_ERASE="Erase a person for good.",
    SECURITY_READ="See what happened at the gates.",
    HISTORY_READ="See all that happened.",
    SYSTEM_READ="See how the system is doing.",
    BRAND_READ="See brands.",
    BRAND_WRITE="Make and change brands.",
    CONTENT_READ="See contents and templates.",
    CONTENT_WRITE="Ask for contents, choose among proposals, and write templates.",
    CONTENT_APPROVE="Approve and reject contents.",
    CAMPAIGN_READ="See campaigns.",
    CAMPAIGN_WRITE="Set up and put away campaigns.",
    CAMPAIGN_APPROVE="Approve campaigns.",
    CAMPAIGN_RUN="Launch, pause and steer campaigns.",
    INTEGRATION_READ="See connections to platforms.",
    INTEGRATION_WRITE="Connect and disconnect platforms.",
    PERFORMANCE_READ="See figures.",
    PERFORMANCE_WRITE="Record figures.",
    AGENT_READ="See what agents do and decide.",
    AGENT_CONTROL="Stop agents, cancel and retry their reactions.",
    AGENT_WORK="Do what is an agent's work: nobody else's.",
)
_publish(
    SecurityEventKind,
    "SecurityEventKind",
    "What happened at the gates.",
    LOGIN_SUCCEEDED="Somebody signed in.",
    LOGIN_FAILED="A password was wrong.",
    LOGIN_BLOCKED="A sign-in was refused for a while, after wrong passwords.",
    LOGGED_OUT="A session was ended by its owner.",
    PASSWORD_CHANGED="A password was changed.",  # noqa: S106
    REFRESH_REUSED="A refresh token was used again; its session was ended.",
    CREDENTIAL_REFUSED="A token or an API key was not valid.",
    CSRF_REFUSED="A request by cookie came without the session's CSRF token.",
    ACCESS_REFUSED="Somebody asked for what they may not; `detail` names the permission.",
    API_KEY_USED="An API key was used.",
    RATE_LIMITED="Requests were refused because there were too many.",
    EVENTS_DROPPED="Security events came faster than they could be written; `count` of them are not kept.",
)
