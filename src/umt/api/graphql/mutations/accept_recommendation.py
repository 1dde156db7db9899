"""`acceptRecommendation`."""

from __future__ import annotations

from uuid import UUID

import strawberry

from umt.api.graphql.mutation import changes
from umt.api.graphql.payloads import RecommendationPayload
from umt.application.commands.recommendations import AcceptRecommendation
from umt.domain.errors import NotFound, SecondPersonNeeded, WrongStatus


@strawberry.input(description="What `acceptRecommendation` takes.")
class AcceptRecommendationInput:
    recommendation: UUID = strawberry.field(description="The recommendation.")


accept_recommendation = changes(
    AcceptRecommendation, AcceptRecommendationInput, RecommendationPayload, NotFound, SecondPersonNeeded, WrongStatus
)
