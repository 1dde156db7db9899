"""How a run says that rules wrote a text although there is a language model."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from umt.application.ports import Written
from umt.domain.agent_run import DecisionMade, Evidence


def fallback_told(content: UUID, written: Written) -> Iterator[DecisionMade]:
    """Why the model was passed over, if it was; no word otherwise."""
    if written.fallback:
        yield DecisionMade(
            action="write_offline",
            subject_kind="content",
            subject=content,
            rule="offline_writer_stands_in",
            reason=written.fallback,
            evidence=(Evidence("writer", written.writer),),
        )
