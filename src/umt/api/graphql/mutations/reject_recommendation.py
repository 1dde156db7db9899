"""`rejectRecommendation`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import RecommendationPayload
from umt.application.commands.recommendations import RejectRecommendation
from umt.domain.errors import NotFound, WrongStatus


@strawberry.input(description="What `rejectRecommendation` takes.")
class RejectRecommendationInput:
    recommendation: UUID = strawberry.field(description="The recommendation.")
    reason: str = strawberry.field(description="Why, for those who read its history.")


reject_recommendation = changes(
    RejectRecommendation, RejectRecommendationInput, RecommendationPayload, NotFound, WrongStatus
)
