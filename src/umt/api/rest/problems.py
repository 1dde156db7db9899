"""What each kind of problem is: its ``type`` leads here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from starlette.exceptions import HTTPException

from umt.api.errors import STATUS
from umt.api.problems import KINDS, KINDS_AT, place_of
from umt.api.rest.failures import refusals
from umt.api.rest.shape import Answer

router = APIRouter(prefix=KINDS_AT, tags=["problems"])


class ProblemKind(Answer):
    """A kind of problem."""

    type: str = Field(description="Its place: the `type` of problems of this kind.", examples=["/problems/conflict"])
    code: str = Field(description="The same for programs.", examples=["CONFLICT"])
    title: str = Field(description="The kind in a few words.")
    status: int = Field(description="The usual HTTP status.")
    meaning: str = Field(description="What it means and what to do.")


@router.get(
    "/{problem}",
    name="getProblemKind",
    response_model=ProblemKind,
    summary="What a kind of problem is",
    responses=refusals(404),
)
async def kind(problem: Annotated[str, Path(description="The last part of its `type`.")]) -> ProblemKind:
    for code, known in KINDS.items():
        if place_of(code) == f"{KINDS_AT}/{problem}":
            return ProblemKind(
                type=place_of(code), code=code, title=known.title, status=STATUS[code], meaning=known.meaning
            )
    raise HTTPException(404, "There is no such kind of problem.")
