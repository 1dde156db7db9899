"""What the documentation calls by a name of the code exists there, and does what the diagrams say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.docs.generated import ROOT, issued, requested
from tests.unit.docs.names import (
    AGGREGATES,
    COMMANDS,
    EFFECT_KINDS,
    EVENTS,
    TIMERS,
    TITLES,
    classes_in,
    events_in,
    known_classes,
    leads_to,
)

QUOTES_OTHERS = {"usage-examples.md"}
"""Pages that name what the source documents name; tests/architecture has their tests."""
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if page.name not in QUOTES_OTHERS),
]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
FLOWS = re.findall(r"```mermaid\n(sequenceDiagram.*?)```", ARCHITECTURE, re.DOTALL)

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PARTICIPANT = re.compile(r"participant (\w+) as (.+)")
_MESSAGE = re.compile(r"^ *(\w+)(->>|-->>|-\)|--\))(\w+): (.+)$", re.MULTILINE)

NOT_AGENTS = {"The log", "Job queue", "Writer and CMS", "Ad platforms"}


def quoted(page: str) -> str:
    """What stands in back-ticks outside of fenced blocks."""
    return " ".join(re.findall(r"`([^`\n]+)`", _FENCED.sub("", page)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_event_that_is_named_exists(page: Path) -> None:
    text = page.read_text()
    diagrams = " ".join(body for language, body in _FENCED.findall(text) if language == "mermaid")
    unknown = events_in(f"{quoted(text)} {diagrams}") - EVENTS - TIMERS
    assert {name for name in unknown if not (ROOT / "src/umt/application" / name).exists()} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_diagram_has_what_ends_a_line_in_mermaid(page: Path) -> None:
    assert [body for language, body in _FENCED.findall(page.read_text()) if language == "mermaid" and ";" in body] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_class_that_is_named_exists(page: Path) -> None:
    assert classes_in(re.sub(r"[\w/]*/[\w./]*", "", quoted(page.read_text()))) - known_classes() == set()


def test_every_aggregate_has_its_stream_told() -> None:
    assert {name for name in AGGREGATES if f"| `{name}` |" not in ARCHITECTURE} == set()


@pytest.mark.parametrize("flow", FLOWS, ids=["content", "campaign"])
class TestFlow:
    def test_participants_are_agents_or_what_they_work_with(self, flow: str) -> None:
        named = {label.strip() for _, label in _PARTICIPANT.findall(flow)}
        assert named - NOT_AGENTS <= set(TITLES)

    def test_everything_named_exists(self, flow: str) -> None:
        messages = _MESSAGE.findall(flow)
        assert messages
        for _, _, _, text in messages:
            assert events_in(text) <= EVENTS | TIMERS
            assert classes_in(text) <= COMMANDS | EFFECT_KINDS

    def test_an_agent_reacts_to_what_reaches_it(self, flow: str) -> None:
        agents = {alias: TITLES[label] for alias, label in _PARTICIPANT.findall(flow) if label in TITLES}
        for sender, _, receiver, text in _MESSAGE.findall(flow):
            if receiver in agents and sender == "Log":
                agent = agents[receiver]
                assert text in {*agent.reactions, *(f"timer.{name}" for name in agent.timers)}
            elif receiver in agents:
                assert text.removesuffix(" settled") in agents[receiver].outcomes

    def test_an_agent_asks_for_what_its_file_names(self, flow: str) -> None:
        agents = {alias: TITLES[label] for alias, label in _PARTICIPANT.findall(flow) if label in TITLES}
        for sender, _, receiver, text in _MESSAGE.findall(flow):
            if sender not in agents:
                continue
            if receiver == "Jobs":
                assert text in requested(agents[sender])
            else:
                command, _, event = text.partition(" → ")
                assert command in issued(agents[sender])
                assert event in EVENTS

    def test_a_command_leads_to_its_event(self, flow: str) -> None:
        told = [text.partition(" → ") for _, _, receiver, text in _MESSAGE.findall(flow) if receiver == "Log"]
        assert told
        assert [(command, event) for command, _, event in told if event not in leads_to(command)] == []

    def test_a_person_gives_commands(self, flow: str) -> None:
        for sender, _, _, text in _MESSAGE.findall(flow):
            if sender == "User":
                command, _, event = text.partition(" → ")
                assert command in COMMANDS
                assert event in EVENTS
