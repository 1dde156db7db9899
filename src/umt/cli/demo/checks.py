"""What the demo claims of itself, each claim checked against what the server and the outside say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from umt.cli.demo import documents
from umt.cli.demo.client import Client
from umt.cli.demo.story import PLATFORMS, Story

ACTIONS = ("pause", "raise_budget", "reallocate", "alert")


class Told:
    """The story's outcome, as asked for at the end."""

    def __init__(self, story: Story) -> None:
        self.client, self.story = story.client, story
        self.result = story.result()
        self.history = _pages(self.client, documents.HISTORY, story.campaign)
        self.judgements = _pages(self.client, documents.DECISIONS, story.campaign)
        self.before = self._as_of_first_reallocation()
        self.duplicates = self.client.get(f"{story.outside}/_sandbox/ledger/duplicates")["list"]
        self.events = self.client.query(documents.EVENTS)["workspace"]["eventCount"]

    @property
    def campaign(self) -> dict[str, Any]:
        return dict(self.result["campaign"])

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """What agents decided about the campaign that changed or reported something, oldest first."""
        return sorted((d for d in self.judgements if d["action"] in ACTIONS), key=lambda d: str(d["decidedAt"]))

    @property
    def held(self) -> int:
        """How often a rule wanted to act and a guardrail held it, or nothing applied."""
        return sum(d["action"] == "hold" for d in self.judgements)

    def _as_of_first_reallocation(self) -> dict[str, Any] | None:
        """The campaign as it stood just before money first moved."""
        for entry in self.history:
            if entry["eventType"] in ("campaign.budget_reallocated", "campaign.budget_raised"):
                asked = {"campaign": self.story.campaign, "version": entry["version"] - 1}
                return dict(self.client.query(documents.AS_OF, **asked)["campaign"]) | {"because": entry}
        return None

    def checks(self) -> dict[str, bool]:
        campaign = self.campaign
        ads = [a for a in campaign["adSets"] if a["ad"]]
        return {
            "content was published": self.result["content"]["status"] == "PUBLISHED"
            and bool(self.result["content"]["url"]),
            "every ad set has its ad": len(ads) == len(PLATFORMS),
            "figures came from every platform": {t["platform"] for t in campaign["totals"]} == set(PLATFORMS),
            "agents judged and said why": bool(self.judgements) and all(d["reason"] for d in self.judgements),
            "read models equal a fold from zero": all(v["holds"] for v in self.result["verifyReadModels"]),
            "nothing was published twice": not any(d["platform"] == "wordpress" for d in self.duplicates),
            "no ad was created twice": not any(d["platform"] != "wordpress" for d in self.duplicates),
            "allocated money was conserved": _conserved(campaign) and (self.before is None or _conserved(self.before)),
            "no platform spent more than it had": _within_budget(campaign),
        }


def _conserved(campaign: dict[str, Any]) -> bool:
    shares = sum((Decimal(a["amount"]["amount"]) for a in campaign["allocation"]), Decimal(0))
    return shares + Decimal(campaign["reserve"]["amount"]) == Decimal(campaign["totalBudget"]["amount"])


def _within_budget(campaign: dict[str, Any]) -> bool:
    budget = {a["platform"]: Decimal(a["amount"]["amount"]) for a in campaign["allocation"]}
    return all(Decimal(t["spend"]) <= budget[t["platform"]] for t in campaign["totals"])


def _pages(client: Client, document: str, campaign: str) -> list[dict[str, Any]]:
    """Every node of a list about the campaign."""
    nodes: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page = client.query(document, campaign=campaign, after=after)["campaign"]["page"]
        nodes.extend(page["nodes"])
        if not page["pageInfo"]["hasNextPage"]:
            return nodes
        after = page["pageInfo"]["endCursor"]
