"""One mutation for each command that people may give: a file states what it takes and what it answers."""

from __future__ import annotations

from strawberry.tools import create_type

from umt.api.graphql.mutations.accept_invitation import accept_invitation
from umt.api.graphql.mutations.accept_recommendation import accept_recommendation
from umt.api.graphql.mutations.add_ad_set import add_ad_set
from umt.api.graphql.mutations.add_competitor import add_competitor
from umt.api.graphql.mutations.add_service_account import add_service_account
from umt.api.graphql.mutations.add_social_account import add_social_account
from umt.api.graphql.mutations.allocate_budget import allocate_budget
from umt.api.graphql.mutations.approve_campaign import approve_campaign
from umt.api.graphql.mutations.approve_content import approve_content
from umt.api.graphql.mutations.archive_brand import archive_brand
from umt.api.graphql.mutations.archive_campaign import archive_campaign
from umt.api.graphql.mutations.archive_content import archive_content
from umt.api.graphql.mutations.cancel_run import cancel_run
from umt.api.graphql.mutations.change_member_role import change_member_role
from umt.api.graphql.mutations.change_password import change_password
from umt.api.graphql.mutations.change_time_zone import change_time_zone
from umt.api.graphql.mutations.connect_integration import connect_integration
from umt.api.graphql.mutations.create_api_key import create_api_key
from umt.api.graphql.mutations.create_brand import create_brand
from umt.api.graphql.mutations.create_campaign import create_campaign
from umt.api.graphql.mutations.create_template import create_template
from umt.api.graphql.mutations.define_audiences import define_audiences
from umt.api.graphql.mutations.describe_brand import describe_brand
from umt.api.graphql.mutations.disconnect_integration import disconnect_integration
from umt.api.graphql.mutations.end_session import end_session
from umt.api.graphql.mutations.erase_subject import erase_subject
from umt.api.graphql.mutations.invite_member import invite_member
from umt.api.graphql.mutations.launch_campaign import launch_campaign
from umt.api.graphql.mutations.limit_agent import limit_agent
from umt.api.graphql.mutations.login import login
from umt.api.graphql.mutations.logout import logout
from umt.api.graphql.mutations.optimize_campaign import optimize_campaign
from umt.api.graphql.mutations.pause_campaign import pause_campaign
from umt.api.graphql.mutations.pause_platform import pause_platform
from umt.api.graphql.mutations.raise_budget import raise_budget
from umt.api.graphql.mutations.reallocate_budget import reallocate_budget
from umt.api.graphql.mutations.record_performance import record_performance
from umt.api.graphql.mutations.refresh import refresh
from umt.api.graphql.mutations.register import register
from umt.api.graphql.mutations.reject_content import reject_content
from umt.api.graphql.mutations.reject_recommendation import reject_recommendation
from umt.api.graphql.mutations.remove_ad_set import remove_ad_set
from umt.api.graphql.mutations.remove_competitor import remove_competitor
from umt.api.graphql.mutations.remove_member import remove_member
from umt.api.graphql.mutations.remove_social_account import remove_social_account
from umt.api.graphql.mutations.rename_brand import rename_brand
from umt.api.graphql.mutations.rename_workspace import rename_workspace
from umt.api.graphql.mutations.replace_credential import replace_credential
from umt.api.graphql.mutations.request_content import request_content
from umt.api.graphql.mutations.resume_campaign import resume_campaign
from umt.api.graphql.mutations.resume_platform import resume_platform
from umt.api.graphql.mutations.retry_publication import retry_publication
from umt.api.graphql.mutations.retry_run import retry_run
from umt.api.graphql.mutations.revise_campaign import revise_campaign
from umt.api.graphql.mutations.revise_template import revise_template
from umt.api.graphql.mutations.revise_variation import revise_variation
from umt.api.graphql.mutations.revoke_api_key import revoke_api_key
from umt.api.graphql.mutations.revoke_invitation import revoke_invitation
from umt.api.graphql.mutations.schedule_publication import schedule_publication
from umt.api.graphql.mutations.select_variation import select_variation
from umt.api.graphql.mutations.set_agent_approval import set_agent_approval
from umt.api.graphql.mutations.set_approval_limits import set_approval_limits
from umt.api.graphql.mutations.set_campaign_approval import set_campaign_approval
from umt.api.graphql.mutations.set_campaign_dry_run import set_campaign_dry_run
from umt.api.graphql.mutations.set_campaign_guardrails import set_campaign_guardrails
from umt.api.graphql.mutations.set_dry_run import set_dry_run
from umt.api.graphql.mutations.set_guardrails import set_guardrails
from umt.api.graphql.mutations.set_model_budget import set_model_budget
from umt.api.graphql.mutations.start_agent import start_agent
from umt.api.graphql.mutations.stop_agent import stop_agent
from umt.api.graphql.mutations.style_brand import style_brand

Mutation = create_type(
    "Mutation",
    [
        register,
        login,
        refresh,
        logout,
        change_password,
        end_session,
        create_brand,
        rename_brand,
        describe_brand,
        style_brand,
        define_audiences,
        add_social_account,
        remove_social_account,
        add_competitor,
        remove_competitor,
        archive_brand,
        create_template,
        revise_template,
        request_content,
        revise_variation,
        select_variation,
        schedule_publication,
        approve_content,
        reject_content,
        retry_publication,
        archive_content,
        create_campaign,
        revise_campaign,
        allocate_budget,
        add_ad_set,
        remove_ad_set,
        approve_campaign,
        launch_campaign,
        pause_campaign,
        resume_campaign,
        pause_platform,
        resume_platform,
        reallocate_budget,
        raise_budget,
        optimize_campaign,
        archive_campaign,
        connect_integration,
        replace_credential,
        disconnect_integration,
        record_performance,
        change_member_role,
        remove_member,
        invite_member,
        revoke_invitation,
        accept_invitation,
        add_service_account,
        create_api_key,
        revoke_api_key,
        rename_workspace,
        change_time_zone,
        set_approval_limits,
        set_model_budget,
        limit_agent,
        set_guardrails,
        set_campaign_guardrails,
        set_dry_run,
        set_campaign_dry_run,
        set_agent_approval,
        set_campaign_approval,
        stop_agent,
        start_agent,
        cancel_run,
        retry_run,
        accept_recommendation,
        reject_recommendation,
        erase_subject,
    ],
    description="What can be done. Everything but `register`, `login`, `refresh` and `acceptInvitation` needs a bearer token.",
)
