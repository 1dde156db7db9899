"""The sandbox as a real process, and short ways to buy advertising on each of its platforms."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

SOURCES = Path(__file__).parents[3] / "src"
META = {"access_token": "token"}
GOOGLE = {"Authorization": "Bearer token", "developer-token": "developer"}
LINKEDIN = {"Authorization": "Bearer token", "LinkedIn-Version": "202506", "X-Restli-Protocol-Version": "2.0.0"}
AUTHOR = ("author", "abcd efgh ijkl")
NOT_POLITICAL = "DOES_NOT_CONTAIN_EU_POLITICAL_ADVERTISING"


@dataclass(frozen=True)
class Day:
    """One ad on one day, whichever the platform."""

    date: str
    impressions: int
    clicks: int
    spend: float
    conversions: float
    value: float


class Outside:
    """A running sandbox and a client of it."""

    def __init__(self, *arguments: str, state: Path | None = None) -> None:
        command = [sys.executable, "-m", "umt.sandbox", "--exit-with-parent", *arguments]
        if state is not None:
            command += ["--state", str(state)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(SOURCES)}
        )
        assert self.process.stdout is not None
        self.url: str = json.loads(self.process.stdout.readline())["url"]
        self.http = httpx.Client(base_url=self.url, timeout=10)

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        self.http.close()
        self.process.send_signal(with_signal)
        status = self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return status

    def get(self, path: str, **more: Any) -> Any:
        reply = self.http.get(path, **more)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def post(self, path: str, **more: Any) -> Any:
        reply = self.http.post(path, **more)
        assert reply.status_code in (200, 201), reply.text
        return reply.json()

    def advance_to(self, moment: str) -> None:
        self.post("/_sandbox/clock", json={"advance_to": moment})

    def faults(self, *rules: dict[str, Any]) -> None:
        self.post("/_sandbox/faults", json={"rules": list(rules)})

    def meta(self, edge: str, account: str, **fields: Any) -> str:
        return str(self.post(f"/v23.0/act_{account}/{edge}", json=META | fields)["id"])

    def meta_campaign(self, account: str, name: str = "Spring", **fields: Any) -> str:
        given = {"name": name, "objective": "OUTCOME_SALES", "special_ad_categories": [], "status": "ACTIVE"}
        return self.meta("campaigns", account, **given | fields)

    def meta_adset(self, account: str, campaign: str, country: str = "DE", **fields: Any) -> str:
        given: dict[str, Any] = {
            "name": "Ad set", "campaign_id": campaign, "billing_event": "IMPRESSIONS", "optimization_goal": "LINK_CLICKS",
            "targeting": {"geo_locations": {"countries": [country]}}, "status": "ACTIVE",
        }  # fmt: skip
        if not fields.keys() & {"daily_budget", "lifetime_budget"}:
            given |= {"lifetime_budget": "300000", "end_time": "2026-02-05T00:00:00+0000"}
        return self.meta("adsets", account, **given | fields)

    def meta_ad(self, account: str, adset: str, words: str = "Buy one", **fields: Any) -> str:
        story = {"page_id": "1", "link_data": {"link": "https://shop.example", "message": words}}
        creative = self.meta("adcreatives", account, name=words, object_story_spec=story)
        given = {"name": "Ad", "adset_id": adset, "creative": {"creative_id": creative}, "status": "ACTIVE"}
        return self.meta("ads", account, **given | fields)

    def meta_bought(self, account: str, **adset: Any) -> tuple[str, str, str]:
        """Campaign, ad set and ad, running."""
        campaign = self.meta_campaign(account)
        set_id = self.meta_adset(account, campaign, **adset)
        return campaign, set_id, self.meta_ad(account, set_id)

    def meta_days(self, node: str, since: str = "2026-01-05", until: str = "2026-03-31") -> list[Day]:
        rows = self.get(
            f"/v23.0/{node}/insights",
            params=META | {
                "level": "ad", "time_increment": "1", "limit": "500", "time_range": json.dumps({"since": since, "until": until}),
                "fields": "ad_id,impressions,clicks,spend,actions,action_values",
            },
        )["data"]  # fmt: skip
        return [
            Day(row["date_start"], int(row["impressions"]), int(row["clicks"]), float(row["spend"]),
                _action(row, "actions"), _action(row, "action_values"))
            for row in rows
        ]  # fmt: skip

    def google(self, account: str, service: str, *operations: dict[str, Any], **more: Any) -> httpx.Response:
        body = {"operations": list(operations)} | more
        return self.http.post(f"/v21/customers/{account}/{service}:mutate", headers=GOOGLE, json=body)

    def google_create(self, account: str, service: str, **fields: Any) -> str:
        reply = self.google(account, service, {"create": fields})
        assert reply.status_code == 200, reply.text
        return str(reply.json()["results"][0]["resourceName"])

    def google_bought(self, account: str, name: str = "Spring", micros: int = 3_000_000_000) -> tuple[str, str, str]:
        """Budget, campaign and ad, running through 2026-02-04."""
        budget = self.google_create(
            account, "campaignBudgets", name=f"{name} budget", period="CUSTOM_PERIOD", totalAmountMicros=str(micros),
            explicitlyShared=False,
        )  # fmt: skip
        campaign = self.google_create(
            account, "campaigns", name=name, campaignBudget=budget, advertisingChannelType="SEARCH", status="ENABLED",
            manualCpc={}, containsEuPoliticalAdvertising=NOT_POLITICAL, endDate="2026-02-04",
        )  # fmt: skip
        group = self.google_create(account, "adGroups", name="Group", campaign=campaign)
        words = {"headlines": [{"text": t} for t in "abc"], "descriptions": [{"text": t} for t in "de"]}
        ad = {"finalUrls": ["https://shop.example"], "responsiveSearchAd": words}
        return budget, campaign, self.google_create(account, "adGroupAds", adGroup=group, ad=ad, status="ENABLED")

    def google_search(self, account: str, query: str, **more: Any) -> Any:
        path = f"/v21/customers/{account}/googleAds:search"
        return self.post(path, headers=GOOGLE, json={"query": query} | more)

    def google_days(self, account: str) -> list[Day]:
        found = self.google_search(
            account,
            "SELECT segments.date, metrics.impressions, metrics.clicks, metrics.cost_micros, metrics.conversions,"
            " metrics.conversions_value FROM ad_group_ad WHERE segments.date BETWEEN '2026-01-01' AND '2026-03-31'"
            " ORDER BY segments.date",
        ).get("results", [])
        return [
            Day(row["segments"]["date"], int(m["impressions"]), int(m["clicks"]), int(m["costMicros"]) / 1e6,
                m["conversions"], m["conversionsValue"])
            for row in found for m in [row["metrics"]]
        ]  # fmt: skip

    def linkedin(self, account: str, edge: str, **fields: Any) -> str:
        owner = {"account": f"urn:li:sponsoredAccount:{account}"}
        reply = self.http.post(f"/rest/adAccounts/{account}/{edge}", headers=LINKEDIN, json=owner | fields)
        assert reply.status_code == 201, reply.text
        return reply.headers["x-restli-id"]

    def linkedin_bought(self, account: str, name: str = "Spring", amount: str = "3000.00") -> tuple[str, str, str]:
        """Campaign group, campaign and creative, running through 2026-02-04."""
        group = self.linkedin(account, "adCampaignGroups", name=name, status="ACTIVE")
        campaign = self.linkedin(
            account, "adCampaigns", name=name, campaignGroup=f"urn:li:sponsoredCampaignGroup:{group}", status="ACTIVE",
            type="SPONSORED_UPDATES", costType="CPM", locale={"country": "DE", "language": "de"},
            totalBudget={"amount": amount, "currencyCode": "EUR"},
            runSchedule={"start": 1767571200000, "end": 1770249600000},
        )  # fmt: skip
        creative = self.linkedin(
            account, "creatives", campaign=f"urn:li:sponsoredCampaign:{campaign}", intendedStatus="ACTIVE", name="Creative",
            content={"reference": "urn:li:share:1"},
        )  # fmt: skip
        return group, campaign, creative

    def linkedin_days(self, account: str) -> list[Day]:
        rows = self.get(
            "/rest/adAnalytics?q=analytics&pivot=CREATIVE&timeGranularity=DAILY"
            "&dateRange=(start:(year:2026,month:1,day:1),end:(year:2026,month:3,day:31))"
            f"&accounts=List(urn%3Ali%3AsponsoredAccount%3A{account})&fields=dateRange,impressions,clicks,"
            "costInLocalCurrency,externalWebsiteConversions,conversionValueInLocalCurrency",
            headers=LINKEDIN,
        )["elements"]
        return [
            Day("{year}-{month:02}-{day:02}".format(**row["dateRange"]["start"]), row["impressions"], row["clicks"],
                float(row["costInLocalCurrency"]), row["externalWebsiteConversions"],
                float(row["conversionValueInLocalCurrency"]))
            for row in rows
        ]  # fmt: skip


def _action(row: dict[str, Any], name: str) -> float:
    return sum(float(action["value"]) for action in row.get(name, []) if action["action_type"] == "purchase")
