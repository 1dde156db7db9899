"""What the rules on authorisation find, and what they let pass."""
# ruff: noqa

# ruleid: face-around-the-application
from umt.adapters.postgres.reading import PostgresReader

# ruleid: face-around-the-application
from umt.bootstrap import system

# ruleid: face-around-the-application
from psycopg import sql

# ok: face-around-the-application
from umt.application.queries import Queries


async def campaign(info, id):
    context, services = info.context.caller, info.context.services
    # ruleid: authorises-elsewhere
    authorise(Permission.CAMPAIGN_READ, context)
    # ruleid: authorises-elsewhere
    services.authorisation.require(Permission.CAMPAIGN_READ, context)
    # ruleid: authorises-elsewhere
    self._authorisation.require(permission, context)
    # ruleid: authorises-elsewhere
    if not allows(permission, context):
        # ruleid: authorises-elsewhere
        raise Forbidden(permission)
    # ok: authorises-elsewhere
    campaign.require(Status.LIVE)
    # ruleid: role-in-a-resolver
    if context.role is Role.OWNER:
        return None
    # ruleid: role-in-a-resolver
    if context.role in (Role.OWNER, Role.ADMIN):
        return None
    # ok: role-in-a-resolver
    role = context.role
    # ruleid: face-around-the-application
    rows = await services.queries._reader.rows(context.workspace, "campaigns", {}, (), 1)
    # ruleid: face-around-the-application
    rows = await services.reader.rows(context.workspace, "campaigns", {}, (), 1)
    # ok: face-around-the-application
    return await services.queries.one(context, "campaigns", campaign=id)
