"""A workspace in which everything that screens show has happened, served over real HTTP for all of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import pytest
from tests.conformance.graphql.node import HERE, MODULES, installed, run
from tests.integration.api.client import Caller
from tests.integration.api.inputs import EVERY, Ids
from tests.integration.api.recording import decided, recommended, recorded, runs, started
from tests.integration.api.serving import serving

from umt.bootstrap import Workers
from umt.domain.recommendation import Recommendation, RecommendationRejected
from umt.settings import Settings

OFTEN: Final = 1_000_000


@dataclass(frozen=True)
class Served:
    """The address, the owner of a workspace, the things in it, and the position of the last change."""

    url: str
    owner: Caller
    ids: Ids
    position: str

    @property
    def graphql(self) -> str:
        return f"{self.url}/graphql"

    @property
    def token(self) -> str:
        token: str = self.owner.session["token"]
        return token


@pytest.fixture(scope="session")
def node() -> None:
    """Skips where there is no node."""
    installed()


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[Served]:
    wanted = {"requests_per_minute": OFTEN, "access_token_minutes": 600.0, "trusted_proxies": ("127.0.0.1",)}
    with serving(settings.model_copy(update=wanted)) as (url, wired):
        workers = Workers(wired, agents=False, jobs=False)
        workers.start()
        try:
            owner = Caller(url).registers()
            brand = owner.brand("Alpina")
            ids = {
                "brand": brand,
                "content": owner.content(brand),
                "campaign": owner.campaign(brand),
                "template": owner.makes("createTemplate", "template", EVERY["createTemplate"]({})),
                "integration": owner.makes("connectIntegration", "integration", EVERY["connectIntegration"]({})),
                "run": str(uuid4()),
                "recommendation": str(uuid4()),
            }
            for change in ("allocateBudget", "reviseCampaign", "recordPerformance"):
                owner.mutates(change, EVERY[change](ids))
            owner.mutates("inviteMember", {"email": f"{uuid4()}@example.com", "role": "ANALYST"})
            campaign = ids["campaign"]
            run, recommendation = UUID(ids["run"]), UUID(ids["recommendation"])
            runs(wired, owner, (run, [started(campaign), decided(campaign)]))
            made = [recommended(run, campaign), RecommendationRejected(f"user:{owner.user}", "The fair is on.")]
            position = recorded(wired, owner, Recommendation, (recommendation, made))
            yield Served(url, owner, ids, position)
        finally:
            workers.stop()


@pytest.fixture(scope="session")
def client(node: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the typed client that graphql-codegen makes of the schema and the documents, with the manifest."""
    folder = tmp_path_factory.mktemp("client") / "generated"
    program = MODULES / "@graphql-codegen" / "cli" / "cjs" / "bin.js"
    done = run(program, "--config", HERE / "codegen.mjs", TARGET=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
