"""What each operation needs: every GraphQL field that reads or does something, and every REST route.

The permission itself is asked where commands and queries are dispatched; this table says of each operation which one
that is. Tests compare it with what the commands state and with what a running server does, and an operation that is in
no row of it fails the build.
"""

from __future__ import annotations

from typing import Final

from umt.application.permissions import Permission

PUBLIC: Final = None
"""Needs no credential."""

QUERIES: Final[dict[str, Permission | None]] = {
    "me": Permission.WORKSPACE_READ,
    "workspace": Permission.WORKSPACE_READ,
    "sessions": Permission.SELF,
    "invitations": Permission.MEMBER_READ,
    "apiKeys": Permission.KEY_READ,
    "permissions": Permission.WORKSPACE_READ,
    "brand": Permission.BRAND_READ,
    "brands": Permission.BRAND_READ,
    "content": Permission.CONTENT_READ,
    "contents": Permission.CONTENT_READ,
    "template": Permission.CONTENT_READ,
    "campaign": Permission.CAMPAIGN_READ,
    "campaigns": Permission.CAMPAIGN_READ,
    "dashboard": Permission.PERFORMANCE_READ,
    "integration": Permission.INTEGRATION_READ,
    "integrations": Permission.INTEGRATION_READ,
    "decisions": Permission.AGENT_READ,
    "agentRuns": Permission.AGENT_READ,
    "agentActivity": Permission.AGENT_READ,
    "history": Permission.HISTORY_READ,
    "projections": Permission.SYSTEM_READ,
    "verifyReadModels": Permission.SYSTEM_READ,
    "clock": Permission.WORKSPACE_READ,
    "securityEvents": Permission.SECURITY_READ,
    "subjectExport": Permission.SUBJECT_EXPORT,
    "erasures": Permission.SECURITY_READ,
}

MUTATIONS: Final[dict[str, Permission | None]] = {
    "register": PUBLIC,
    "login": PUBLIC,
    "acceptInvitation": PUBLIC,
    "refresh": PUBLIC,
    "logout": Permission.SELF,
    "changePassword": Permission.SELF,
    "endSession": Permission.SELF,
    "createBrand": Permission.BRAND_WRITE,
    "renameBrand": Permission.BRAND_WRITE,
    "describeBrand": Permission.BRAND_WRITE,
    "styleBrand": Permission.BRAND_WRITE,
    "defineAudiences": Permission.BRAND_WRITE,
    "addSocialAccount": Permission.BRAND_WRITE,
    "removeSocialAccount": Permission.BRAND_WRITE,
    "addCompetitor": Permission.BRAND_WRITE,
    "removeCompetitor": Permission.BRAND_WRITE,
    "archiveBrand": Permission.BRAND_WRITE,
    "createTemplate": Permission.CONTENT_WRITE,
    "reviseTemplate": Permission.CONTENT_WRITE,
    "requestContent": Permission.CONTENT_WRITE,
    "reviseVariation": Permission.CONTENT_WRITE,
    "selectVariation": Permission.CONTENT_WRITE,
    "schedulePublication": Permission.CONTENT_WRITE,
    "approveContent": Permission.CONTENT_APPROVE,
    "rejectContent": Permission.CONTENT_APPROVE,
    "retryPublication": Permission.CONTENT_APPROVE,
    "archiveContent": Permission.CONTENT_WRITE,
    "createCampaign": Permission.CAMPAIGN_WRITE,
    "allocateBudget": Permission.CAMPAIGN_WRITE,
    "addAdSet": Permission.CAMPAIGN_WRITE,
    "removeAdSet": Permission.CAMPAIGN_WRITE,
    "approveCampaign": Permission.CAMPAIGN_APPROVE,
    "launchCampaign": Permission.CAMPAIGN_RUN,
    "pauseCampaign": Permission.CAMPAIGN_RUN,
    "resumeCampaign": Permission.CAMPAIGN_RUN,
    "pausePlatform": Permission.CAMPAIGN_RUN,
    "resumePlatform": Permission.CAMPAIGN_RUN,
    "reallocateBudget": Permission.CAMPAIGN_RUN,
    "raiseBudget": Permission.CAMPAIGN_RUN,
    "optimizeCampaign": Permission.CAMPAIGN_RUN,
    "archiveCampaign": Permission.CAMPAIGN_WRITE,
    "connectIntegration": Permission.INTEGRATION_WRITE,
    "replaceCredential": Permission.INTEGRATION_WRITE,
    "disconnectIntegration": Permission.INTEGRATION_WRITE,
    "recordPerformance": Permission.PERFORMANCE_WRITE,
    "changeMemberRole": Permission.MEMBER_MANAGE,
    "removeMember": Permission.MEMBER_MANAGE,
    "inviteMember": Permission.MEMBER_MANAGE,
    "revokeInvitation": Permission.MEMBER_MANAGE,
    "addServiceAccount": Permission.MEMBER_MANAGE,
    "createApiKey": Permission.KEY_MANAGE,
    "revokeApiKey": Permission.KEY_MANAGE,
    "renameWorkspace": Permission.WORKSPACE_MANAGE,
    "changeTimeZone": Permission.WORKSPACE_MANAGE,
    "setApprovalLimits": Permission.WORKSPACE_MANAGE,
    "limitAgent": Permission.WORKSPACE_MANAGE,
    "eraseSubject": Permission.SUBJECT_ERASE,
}

ROUTES: Final[dict[str, Permission | None]] = {
    "GET /": PUBLIC,
    "GET /graphql": PUBLIC,
    "POST /graphql": PUBLIC,
    "GET /openapi.json": PUBLIC,
    "GET /api/v1/version": PUBLIC,
    "GET /livez": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /health": PUBLIC,
    "GET /.well-known/jwks.json": PUBLIC,
    "POST /api/v1/auth/register": PUBLIC,
    "POST /api/v1/auth/login": PUBLIC,
    "POST /api/v1/auth/invitations/accept": PUBLIC,
    "POST /api/v1/auth/refresh": PUBLIC,
    "POST /api/v1/auth/logout": Permission.SELF,
    "POST /api/v1/auth/password": Permission.SELF,
}
"""By method and path. What /graphql answers is decided field by field."""

FIELDS: Final[dict[str, Permission | None]] = {
    "Me.user": Permission.MEMBER_READ,
    "Session.workspaces": PUBLIC,
    "Workspace.members": Permission.MEMBER_READ,
    "Invitation.email": Permission.MEMBER_READ,
    "Workspace.eventCount": Permission.WORKSPACE_READ,
    "Content.brand": Permission.BRAND_READ,
    "Content.performance": Permission.PERFORMANCE_READ,
    "Campaign.brand": Permission.BRAND_READ,
    "Campaign.totals": Permission.PERFORMANCE_READ,
    "Campaign.performance": Permission.PERFORMANCE_READ,
    "Campaign.decisions": Permission.AGENT_READ,
    "Campaign.history": Permission.HISTORY_READ,
    "SubjectExport.events": Permission.SUBJECT_EXPORT,
    "SubjectExport.securityEvents": Permission.SUBJECT_EXPORT,
}
"""Fields of types that read something of their own."""
