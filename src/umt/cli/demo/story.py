"""The story: a brand becomes published content and a running, optimised campaign, through the GraphQL API alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any

from umt.cli.demo import documents
from umt.cli.demo.client import Client, DemoError

PLATFORMS = ("FACEBOOK", "GOOGLE", "LINKEDIN")
BUDGET = {"amount": "6000.00", "currency": "EUR"}
SHARE = {"amount": "1700.00", "currency": "EUR"}
_SETTLE_SECONDS = 180

Progress = Callable[[str], None]


class Story:
    """What was made on the way, by name. Every step may be told again: the server answers with what it made before."""

    def __init__(self, client: Client, story: str, outside: str, days: int) -> None:
        self.client, self.story, self.outside, self.days = client, story, outside, days
        self._progress: Progress = lambda what: None
        self.brand = self.content = self.campaign = ""
        self.launched_on = date.min

    @property
    def email(self) -> str:
        return f"demo-{self.story}@example.com"

    @property
    def password(self) -> str:
        return f"open sesame {self.story}"

    def report_to(self, progress: Progress) -> None:
        """Tell each step as it begins."""
        self._progress = progress

    @property
    def steps(self) -> int:
        """How often progress is reported."""
        return 7 + self.days

    def tell(self) -> None:
        """From registration to the last day."""
        self._step("registering", self._register)
        self._step("connecting a blog and three ad accounts", self._connect)
        self._step("describing the brand", self._describe_brand)
        self._step("asking for content: strategy and variations", self._request_content)
        self._step("choosing, approving and publishing", self._publish)
        self._step("setting up the campaign", self._set_up_campaign)
        self._step("launching it", self._launch)
        for day in range(1, self.days + 1):
            self._step(f"day {day} of {self.days}", lambda day=day: self._live(day))  # type: ignore[misc]

    def _step(self, what: str, do: Callable[[], None]) -> None:
        self._progress(what)
        do()

    def _register(self) -> None:
        registered = self.client.query(
            documents.REGISTER,
            input={
                "email": self.email,
                "password": self.password,
                "name": "Dana Demo",
                "company": f"Alpina {self.story}",
                "timeZone": "Europe/Vienna",
            },
            key=self.client.key("register"),
        )["register"]
        self.client.sign_in(registered, self.email, self.password)

    def _connect(self) -> None:
        number = str(int(self.story, 16))
        accounts = {
            "CMS": {"account": f"blog-{self.story}", "endpoint": f"{self.outside}/sites/blog-{self.story}"},
            "FACEBOOK": {"account": f"act_{number}"},
            "GOOGLE": {"account": number.zfill(10)[-10:]},
            "LINKEDIN": {"account": number},
        }
        for platform, account in accounts.items():
            self.client.mutate(
                "connectIntegration",
                "ConnectIntegrationInput",
                "integration { id }",
                f"connect-{platform}",
                platform=platform,
                credential="editor:application password" if platform == "CMS" else "access token",
                **account,
            )
        self._settle()

    def _describe_brand(self) -> None:
        created = self.client.mutate(
            "createBrand",
            "CreateBrandInput",
            "brand { id }",
            "brand",
            **documents.ALPINA | {"name": f"Alpina {self.story}"},
        )
        self.brand = created["brand"]["id"]

    def _request_content(self) -> None:
        requested = self.client.mutate(
            "requestContent",
            "RequestContentInput",
            "content { id }",
            "content",
            brand=self.brand,
            brief=documents.BRIEF,
        )
        self.content = requested["content"]["id"]
        self._settle()

    def _publish(self) -> None:
        for name, given in (("selectVariation", {"number": 2}), ("approveContent", {})):
            kind = f"{name[0].upper()}{name[1:]}Input"
            self.client.mutate(name, kind, "content { id }", name, content=self.content, **given)
        self._settle()

    def _set_up_campaign(self) -> None:
        today = datetime.fromisoformat(self.client.query("{ clock { now } }")["clock"]["now"]).astimezone(UTC).date()
        created = self.client.mutate(
            "createCampaign",
            "CreateCampaignInput",
            "campaign { id }",
            "campaign",
            brand=self.brand,
            name="Spring on the trail",
            objective="SALES",
            totalBudget=BUDGET,
            schedule={
                "startsOn": today.isoformat(),
                "endsOn": (today + timedelta(days=self.days)).isoformat(),
                "timeZone": "UTC",
            },
            platforms=list(PLATFORMS),
        )
        self.campaign = created["campaign"]["id"]
        self._settle()

    def _launch(self) -> None:
        self.client.mutate(
            "allocateBudget",
            "AllocateBudgetInput",
            "campaign { id }",
            "allocate",
            campaign=self.campaign,
            allocation=[{"platform": p, "amount": SHARE} for p in PLATFORMS],
        )
        for platform in PLATFORMS:
            self.client.mutate(
                "addAdSet",
                "AddAdSetInput",
                "campaign { id }",
                f"ad-set-{platform}",
                campaign=self.campaign,
                platform=platform,
                name=f"Trail runners, {platform.lower()}",
                content=self.content,
            )
        for name in ("approveCampaign", "launchCampaign"):
            kind = f"{name[0].upper()}{name[1:]}Input"
            self.client.mutate(name, kind, "campaign { id }", name, campaign=self.campaign)
        self._settle()
        # Asked of the server: a story that is told again was launched on the day that the server remembers.
        lines = self.client.query(documents.LAUNCH, campaign=self.campaign)["history"]["nodes"]
        launched = next(line for line in lines if line["eventType"] == "campaign.launched")
        self.launched_on = datetime.fromisoformat(launched["effectiveAt"]).astimezone(UTC).date()

    def _live(self, day: int) -> None:
        """The outside's clock goes to the day's morning; then the agents collect, judge and act."""
        morning = datetime.combine(self.launched_on + timedelta(days=day), time_of_day(8), tzinfo=UTC)
        now = datetime.fromisoformat(self.client.get(f"{self.outside}/_sandbox/clock")["now"].replace("Z", "+00:00"))
        if now < morning:
            self.client.post(f"{self.outside}/_sandbox/clock", {"advance_to": morning.isoformat()})
        deadline = time.monotonic() + 30
        while datetime.fromisoformat(self.client.query("{ clock { now } }")["clock"]["now"]) < morning:
            if time.monotonic() > deadline:
                raise DemoError("the server does not follow the sandbox's clock")
            time.sleep(max(self.client.pace, 0.005))
        self._settle()

    def _settle(self) -> None:
        """Until no agent has anything left to do."""
        deadline, activity = time.monotonic() + _SETTLE_SECONDS, {"idle": False}
        while not activity["idle"]:
            activity = self.client.query(documents.ACTIVITY)["agentActivity"]
            if time.monotonic() > deadline:
                raise DemoError(f"the agents did not come to rest in {_SETTLE_SECONDS} s: {activity}")
            time.sleep(max(self.client.pace, 0.01))

    def result(self) -> dict[str, Any]:
        """All that there is to tell and to check, asked at or after the last position."""
        return self.client.query(
            documents.RESULT,
            brand=self.brand,
            content=self.content,
            campaign=self.campaign,
            atLeast=self.client.position,
        )
