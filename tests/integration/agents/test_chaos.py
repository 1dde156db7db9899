"""A storm: workers are killed, PostgreSQL restarts twice, and every platform fails in every way it can. Afterwards everything was
done outside exactly once, every run has ended, and everything that was decided has its cause.

A run of it is a workspace whose content is published, whose campaign gets its ads, whose money is moved and one of whose platforms
is paused, all while the storm lasts. What the storm does is drawn from a seed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.agents.conftest import Marketer, Outside, shared, until
from tests.integration.agents.test_content import drafted

from umt.adapters.postgres.embedded import EmbeddedPostgres
from umt.application.commands.campaign import (
    AddAdSet,
    AllocateBudget,
    ApproveCampaign,
    CreateCampaign,
    LaunchCampaign,
    PausePlatform,
    ReallocateBudget,
)
from umt.application.commands.content import ApproveContent, RetryPublication, SelectVariation
from umt.application.commands.integration import ConnectIntegration
from umt.application.dispatch import Command
from umt.application.errors import Unavailable
from umt.bootstrap import System
from umt.domain.agent_run import AgentRun, RunStarted
from umt.domain.brand import Audience
from umt.domain.campaign import Allocation, Objective, Schedule
from umt.domain.content import Status
from umt.domain.event import fold
from umt.domain.integration import IntegrationConnected
from umt.domain.money import Money
from umt.domain.platform import Platform
from umt.settings import Settings

RUNS = 10
SEEDS = (1, 2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 23)))
"""Two storms over twenty workspaces; as a soak twenty over two hundred."""
ADS = (Platform.FACEBOOK, Platform.GOOGLE, Platform.LINKEDIN)
STORM_SECONDS = 25
CALM_SECONDS = 120
MOVED = Money.parse("100 EUR")


class Worker:
    """A process with the agents and the jobs, which can be killed and is then begun again."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "umt.cli.main", "worker", "--agents", "--jobs"],
            stderr=subprocess.DEVNULL,
        )

    def keep(self) -> None:
        """As whoever runs processes does: one that has ended is begun again."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    def kill(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(timeout=10)


@pytest.fixture(scope="module")
def wired(settings: Settings, outside: Outside) -> Iterator[System]:
    """Without workers."""
    with shared(settings, outside, breaker_reset_seconds="2") as made:
        yield made


class Story:
    """One workspace, driven on by what has come about so far."""

    def __init__(self, wired: System, outside: Outside) -> None:
        self.marketer, self.outside = Marketer(wired), outside
        self.number = str(self.marketer.user.int % 10**10).zfill(10)
        self.site = f"blog-{self.marketer.user.hex[:8]}"
        self.content: UUID | None = None
        self.campaign: UUID | None = None
        self.moved = False

    def connect(self) -> None:
        address = f"{self.outside.url}/sites/{self.site}"
        self.does(
            ConnectIntegration(
                platform=Platform.CMS, account=self.site, credential="editor:app password", endpoint=address
            )
        )
        for platform in ADS:
            account = f"act_{self.number}" if platform is Platform.FACEBOOK else self.number
            self.does(ConnectIntegration(platform=platform, account=account, credential="token"))

    def does(self, command: Command) -> UUID:
        """However often the database is away: a key makes the command the same one each time."""
        key = uuid4().hex
        deadline = time.monotonic() + 60
        while True:
            try:
                subject = self.marketer.does(command, key).subject
            except Unavailable:
                assert time.monotonic() < deadline, "the database does not come back"
                time.sleep(0.2)
            else:
                assert subject
                return subject

    def begin(self) -> None:
        assert self.content
        self.does(ApproveContent(content=self.content))

    def go_on(self) -> bool:
        """Do what can be done by now; whether everything is done."""
        assert self.content
        state = self.marketer.state(self.content)
        if state.status is not Status.PUBLISHED:
            if state.publications and state.publications[0].failure:
                self.does(RetryPublication(content=self.content, channel=Platform.CMS))
            return False
        if self.campaign is None:
            self.campaign = self._launched(state.brand)
            return False
        if self.moved:
            return True
        if all(a.ad for a in self.marketer.state(self.campaign).ad_sets):
            self.does(
                ReallocateBudget(
                    campaign=self.campaign,
                    source=Platform.LINKEDIN,
                    target=Platform.GOOGLE,
                    amount=MOVED,
                    reason="a better return",
                )
            )
            self.does(PausePlatform(campaign=self.campaign, platform=Platform.FACEBOOK, reason="too dear"))
            self.moved = True
        return self.moved

    def _launched(self, brand: UUID) -> UUID:
        assert self.content
        today = self.marketer.system.clock.now().date()
        campaign = self.does(
            CreateCampaign(
                brand=brand,
                name="Spring",
                objective=Objective.SALES,
                total_budget=Money.parse("6000 EUR"),
                schedule=Schedule(today, today + timedelta(days=20)),
                platforms=ADS,
            )
        )
        self.does(
            AllocateBudget(campaign=campaign, allocation=tuple(Allocation(p, Money.parse("1700 EUR")) for p in ADS))
        )
        for platform in ADS:
            self.does(
                AddAdSet(
                    campaign=campaign,
                    platform=platform,
                    name=f"{platform} ads",
                    content=self.content,
                    audience=Audience("Hikers"),
                )
            )
        self.does(ApproveCampaign(campaign=campaign))
        self.does(LaunchCampaign(campaign=campaign))
        return campaign

    def left(self) -> Any:
        """What keeps it from going on."""
        assert self.content
        publications = self.marketer.state(self.content).publications
        ads = self.marketer.state(self.campaign).ad_sets if self.campaign else ()
        return publications, [(a.platform, a.ad, a.failure) for a in ads], self.open_runs()

    def open_runs(self) -> list[AgentRun]:
        log = [r for r in self.marketer.log() if isinstance(r.event, RunStarted)]
        runs = [fold(self.marketer.events(r.stream)) for r in log]
        return [run for run in runs if not run.completed]


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_storm_everything_was_done_outside_exactly_once(wired: System, outside: Outside, seed: int) -> None:
    chance = random.Random(seed)
    outside.faults(profile="none")
    worker = Worker()
    try:
        stories = [Story(wired, outside) for _ in range(RUNS)]
        for story in stories:
            story.connect()
        for story in stories:
            until(lambda s=story: connected(s.marketer) == 4, 60, "the accounts were not verified")
        for story in stories:
            story.content = asked(story.marketer)
        for story in stories:
            until(lambda s=story: s.marketer.state(s.content).variations, 60, "nothing was written")
            story.does(SelectVariation(content=story.content, number=1))

        with storm(chance, worker, outside, wired):
            for story in stories:
                story.begin()
            until_over = time.monotonic() + STORM_SECONDS
            while time.monotonic() < until_over:
                for story in stories:
                    with suppress(Unavailable):
                        story.go_on()
                time.sleep(0.2)
        deadline = time.monotonic() + CALM_SECONDS
        while sum(story.go_on() for story in stories) < RUNS:
            assert time.monotonic() < deadline, [story.left() for story in stories if not story.moved]
            worker.keep()
            time.sleep(0.2)
        for story in stories:
            until(lambda s=story: not s.open_runs(), CALM_SECONDS, "a run waits")
    finally:
        worker.kill()
    assert outside.duplicates() == []
    for story in stories:
        done_once(story, outside)
        everything_has_its_cause(story.marketer)


def done_once(story: Story, outside: Outside) -> None:
    """One post, one ad for each ad set, one change for each change of ours, and the state outside is ours."""
    assert story.campaign
    created = Counter(e["kind"] for e in entries(story, outside, "create"))
    assert created["post"] == 1, created
    ads = {"ad", "ad_group_ad", "creative"}
    assert sum(count for kind, count in created.items() if kind in ads) >= 3, created
    updates = Counter((e["platform"], e["kind"]) for e in entries(story, outside, "update") if e["status"] < 300)
    assert updates == {
        ("meta", "campaign"): 1,
        ("google_ads", "campaign_budget"): 1,
        ("linkedin", "campaign_group"): 1,
        ("linkedin", "campaign"): 1,
    }, updates


def entries(story: Story, outside: Outside, action: str) -> list[dict[str, Any]]:
    """What the story's own accounts received."""
    found: list[dict[str, Any]] = []
    for platform, account in (
        ("meta", story.number),
        ("google_ads", story.number),
        ("linkedin", story.number),
        ("wordpress", story.site),
    ):
        found += outside.ledger(platform=platform, account=account, action=action)
    return found


def everything_has_its_cause(marketer: Marketer) -> None:
    log = marketer.log()
    known = {r.metadata.event_id for r in log}
    with marketer.system.as_worker() as connection:
        known |= {
            row[0] for row in connection.execute("SELECT id FROM umt.timer WHERE workspace = %s", (marketer.workspace,))
        }
    started = {r.stream: r for r in log if isinstance(r.event, RunStarted)}
    for recorded in log:
        if recorded.event.type_name.startswith("agent_run."):
            start = started[recorded.stream].event
            assert isinstance(start, RunStarted)
            assert start.trigger in known, start


def connected(marketer: Marketer) -> int:
    return sum(isinstance(r.event, IntegrationConnected) for r in marketer.log())


def asked(marketer: Marketer) -> UUID:
    return drafted(marketer, rest=False)


@contextmanager
def storm(chance: random.Random, worker: Worker, outside: Outside, wired: System) -> Iterator[None]:
    """While it lasts workers are killed and platforms fail; twice the database is restarted the hard way."""
    over = threading.Event()
    restarts = sorted(chance.uniform(3, STORM_SECONDS - 5) for _ in range(2))

    def rage() -> None:
        began, restarted = time.monotonic(), 0
        while not over.wait(chance.uniform(1.0, 3.5)):
            outside.faults(rules=[rule(chance) for _ in range(chance.randint(2, 5))])
            if restarted < 2 and time.monotonic() - began > restarts[restarted]:
                restart(wired)
                restarted += 1
            if chance.random() < 0.6:
                worker.kill()
                worker.start()
        while restarted < 2:
            restart(wired)
            restarted += 1

    raging = threading.Thread(target=rage)
    raging.start()
    try:
        yield
    finally:
        over.set()
        raging.join()
        outside.faults(profile="none")


def rule(chance: random.Random) -> dict[str, Any]:
    """Something that goes wrong on some platform."""
    kind = chance.choice(
        ("error", "error", "rate_limit", "drop_after", "drop_after", "late_after", "timeout", "reset", "slow")
    )
    return {
        "kind": kind,
        "platform": chance.choice(("meta", "google_ads", "linkedin", "wordpress")),
        "method": chance.choice(("POST", "POST", "")),
        "every": chance.randint(1, 4),
        "times": chance.randint(1, 6),
        "seconds": chance.choice((0.3, 2.0, 16.0)) if kind in ("late_after", "timeout", "slow") else 1.0,
        "status": chance.choice((500, 502, 503)),
    }


def restart(wired: System) -> None:
    """As after a power cut."""
    assert wired.settings.data_dir
    pid = int((wired.settings.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
    server = EmbeddedPostgres(wired.settings.data_dir)
    deadline = time.monotonic() + 30
    while True:
        try:
            time.sleep(0.5)
            server.start()
        except Exception:
            assert time.monotonic() < deadline
        else:
            return
