"""Any sequence of decisions about a content, beside a simple model of what may happen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule
from msgspec.structs import replace
from tests.unit.domain.machine import Story, answer, told
from tests.unit.domain.stories import BRAND, BRIEF, BUILT_IN, CMS, INSTAGRAM, LINKEDIN, STRATEGY, at, variation

from umt.domain import content as decide
from umt.domain.platform import Platform

NUMBERS = st.integers(1, 4)
CHANNELS = st.sampled_from([CMS, LINKEDIN, INSTAGRAM])
WORDS = st.sampled_from(["Hello", "Spring is here", "", " "])
TIMES = st.sampled_from([at("2026-03-02T09:00Z"), at("2026-03-03T09:00Z")])
WAITING, FAILED, DONE = "waiting", "failed", "done"


class ContentStory(Story):
    """The model: a status, the numbered headlines, the choice, and each channel's state."""

    arrows = {
        "requested": {"planned", "archived"},
        "planned": {"drafted", "archived"},
        "drafted": {"selected", "archived"},
        "selected": {"drafted", "approved", "archived"},
        "approved": {"published", "archived"},
        "published": {"archived"},
        "archived": set(),
    }

    @initialize(channels=st.sets(st.sampled_from([CMS, LINKEDIN]), min_size=1), head_start=st.integers(0, 4))
    def request(self, channels: set[Platform], head_start: int) -> None:
        brief = replace(BRIEF, channels=tuple(sorted(channels)))
        self.decide(answer(True), decide.request, BRAND, brief, BUILT_IN)
        self.status = "requested"
        self.headlines: dict[int, str] = {}
        self.selected: int | None = None
        self.channels = dict.fromkeys(channels, WAITING)
        self.times: dict[Platform, datetime] = {}
        steps: list[Callable[[], None]] = [
            self.propose_strategy,
            lambda: self.add_variations([1, 2]),
            lambda: self.select(1),
            self.approve,
        ]
        for step in steps[:head_start]:
            step()

    @rule()
    def request_again(self) -> None:
        self.decide(answer(False), decide.request, BRAND, BRIEF, BUILT_IN)

    @rule()
    def propose_strategy(self) -> None:
        if self.decide(answer(self.status == "requested"), decide.propose_strategy, STRATEGY):
            self.status = "planned"

    @rule(numbers=st.lists(NUMBERS, max_size=3))
    def add_variations(self, numbers: list[int]) -> None:
        fresh = len(set(numbers)) == len(numbers) and numbers and not set(numbers) & set(self.headlines)
        allowed = self.status in ("planned", "drafted") and bool(fresh)
        if self.decide(answer(allowed), decide.add_variations, [variation(number) for number in numbers]):
            self.status = "drafted"
            self.headlines |= {number: variation(number).headline for number in numbers}

    @rule(number=NUMBERS, headline=WORDS)
    def revise(self, number: int, headline: str) -> None:
        open_to_edits = self.status in ("drafted", "selected") and number in self.headlines
        expected = answer(open_to_edits and bool(headline.strip()), self.headlines.get(number) != headline)
        if self.decide(expected, decide.revise_variation, number, headline, variation(number).body):
            self.headlines[number] = headline

    @rule(number=NUMBERS)
    def select(self, number: int) -> None:
        allowed = self.status in ("drafted", "selected") and number in self.headlines
        if self.decide(answer(allowed, number != self.selected), decide.select_variation, number):
            self.status, self.selected = "selected", number

    @rule()
    def approve(self) -> None:
        if self.decide(answer(self.status == "selected"), decide.approve, "user:anna"):
            self.status = "approved"

    @rule(reason=WORDS)
    def reject(self, reason: str) -> None:
        if self.decide(answer(self.status == "selected" and bool(reason.strip())), decide.reject, "user:anna", reason):
            self.status, self.selected = "drafted", None

    @rule(channel=CHANNELS, time=TIMES)
    def schedule(self, channel: Platform, time: datetime) -> None:
        allowed = self.status in ("planned", "drafted", "selected") and channel in self.channels
        if self.decide(answer(allowed, self.times.get(channel) != time), decide.schedule, channel, time):
            self.times[channel] = time

    @rule(channel=CHANNELS)
    def confirm(self, channel: Platform) -> None:
        allowed = self.status in ("approved", "published") and channel in self.channels
        expected = answer(allowed, self.channels.get(channel) != DONE)
        if self.decide(expected, decide.confirm_publication, channel, "https://acme.example/spring", "7"):
            self.channels[channel] = DONE
            if set(self.channels.values()) == {DONE}:
                self.status = "published"

    @rule(channel=CHANNELS)
    def fail(self, channel: Platform) -> None:
        allowed = self.status == "approved" and channel in self.channels
        if self.decide(answer(allowed, self.channels.get(channel) == WAITING), decide.fail_publication, channel, "no"):
            self.channels[channel] = FAILED

    @rule(channel=CHANNELS)
    def retry(self, channel: Platform) -> None:
        allowed = self.status == "approved" and self.channels.get(channel) == FAILED
        if self.decide(answer(allowed), decide.retry_publication, channel):
            self.channels[channel] = WAITING

    @rule(sure=st.integers(0, 9))
    def archive(self, sure: int) -> None:
        if sure and self.status != "archived":
            return  # else most stories would be short
        if self.decide(answer(True, self.status != "archived"), decide.archive):
            self.status = "archived"

    @invariant()
    def the_state_is_as_the_model_says(self) -> None:
        assert self.state.status == self.status
        assert self.state.selected == self.selected
        assert {v.number: v.headline for v in self.state.variations} == self.headlines
        assert {p.channel: p.scheduled_for for p in self.state.publications if p.scheduled_for} == self.times
        for publication in self.state.publications:
            assert publication.done == (self.channels[publication.channel] == DONE)
            assert bool(publication.failure) == (self.channels[publication.channel] == FAILED)

    @invariant()
    def only_what_was_chosen_and_approved_is_out(self) -> None:
        if any(publication.done for publication in self.state.publications):
            assert self.state.selected in self.headlines
            assert self.state.approved_by


TestContentStory = told(ContentStory)
