"""What an import brings into the log and the read models, and what a second one leaves alone."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from tests.integration.importing.conftest import Writer
from tests.integration.importing.words import Installation, ended

from umt.application.importing.importer import IMPORTED_WORKSPACE

SPRING = (
    "2020-04-29,Spring,Banner A,1000,10,2.50,1,google,EUR",
    "2020-04-30,Spring,Banner A,2000,20,3.25,2,google,EUR",
    "2020-05-01,Spring,Banner B,3000,30,4,3,google,EUR",
    ",Evergreen,Search,500,5,1.005,0,google,EUR",
)


def test_rows_become_campaigns_ads_and_figures(installation: Installation, export: Writer) -> None:
    outcome = installation.imports(export(*SPRING))

    assert outcome.status == 0
    assert outcome.document == {
        "rows": 4,
        "imported": 4,
        "restated": 0,
        "unchanged": 0,
        "held_back": 0,
        "rejected": [],
        "rejected_count": 0,
        "totals": {"impressions": 6500, "clicks": 65, "spend": "10.755", "conversions": 6},
        "totals_by_currency": {"EUR": {"impressions": 6500, "clicks": 65, "spend": "10.755", "conversions": 6}},
        "campaigns": 2,
        "ads": 3,
        "workspace": str(installation.workspace),
        "dry_run": False,
    }
    assert Counter(installation.events)["campaign.imported"] == 2
    assert Counter(installation.events)["campaign.ads_found"] == 2
    assert Counter(installation.events)["performance.recorded"] == 3  # a month of a campaign is a stream of its own
    assert {(row["name"], row["status"]) for row in installation.rows("campaigns")} == {
        ("Spring", "imported"),
        ("Evergreen", "imported"),
    }
    assert sum(row["impressions"] for row in installation.rows("campaign_performance")) == 6000
    assert [row["spend"] for row in installation.rows("dashboard")] == [Decimal("10.755")]
    assert installation.differences() == []


def test_a_second_import_appends_nothing(installation: Installation, export: Writer) -> None:
    file = export(*SPRING)
    first = installation.imports(file)
    events = installation.events

    again = installation.imports(file)
    assert again.counts == (0, 0, 4, 0)
    assert again["totals"] == first["totals"]
    assert (again["campaigns"], again["ads"]) == (2, 3)

    assert installation.imports(export(*reversed(SPRING), name="copy.csv")).counts == (0, 0, 4, 0)
    assert installation.events == events


def test_a_corrected_file_restates(installation: Installation, export: Writer) -> None:
    installation.imports(export(*SPRING))
    corrected = SPRING[0].replace(",2.50,1,", ",2.00,4,")

    outcome = installation.imports(export(corrected, *SPRING[1:], "2020-05-02,Spring,Banner B,1,0,0,0,google,EUR"))
    assert outcome.counts == (2, 1, 3, 0)
    assert outcome["totals"] == {"impressions": 6501, "clicks": 65, "spend": "10.255", "conversions": 9}
    assert installation.differences() == []


def test_totals_are_of_the_campaigns_and_platforms_of_the_file(installation: Installation, export: Writer) -> None:
    installation.imports(export(*SPRING))
    installation.imports(export("2020-04-30,Spring,Banner A,7,1,0.5,0,linkedin,EUR"))
    outcome = installation.imports(export("2020-06-01,Spring,Banner A,10,1,1,1,google,EUR"))
    assert outcome["totals"] == {"impressions": 6010, "clicks": 61, "spend": "10.75", "conversions": 7}
    (spring,) = (row for row in installation.rows("campaigns") if row["name"] == "Spring")
    assert spring["platforms"] == ["google", "linkedin"]


def test_amounts_of_several_currencies_are_not_added_up(installation: Installation, export: Writer) -> None:
    outcome = installation.imports(export(SPRING[0], "2020-04-30,Haru,Banner,100,1,500,1,google,JPY"))
    assert outcome["totals"] == {"impressions": 1100, "clicks": 11, "spend": None, "conversions": 2}
    assert {currency: sums["spend"] for currency, sums in outcome["totals_by_currency"].items()} == {
        "EUR": "2.50",
        "JPY": "500",
    }


def test_rows_that_a_file_repeats_are_unchanged(installation: Installation, export: Writer) -> None:
    outcome = installation.imports(export(SPRING[0], SPRING[1], SPRING[0], SPRING[0].replace("2.50", "2.5000")))
    assert outcome.status == 0
    assert outcome.counts == (2, 0, 2, 0)
    assert outcome["totals"]["impressions"] == 3000


def test_without_a_workspace_rows_go_to_the_one_for_imports(installation: Installation, export: Writer) -> None:
    file, imported = export(SPRING[0]), Installation(installation.wired, IMPORTED_WORKSPACE)
    for _ in range(2):
        outcome = ended(imported.start(file, "--json", "--workspace", str(IMPORTED_WORKSPACE)))
        assert outcome.status == 0
        assert outcome["workspace"] == str(IMPORTED_WORKSPACE)
    assert Counter(imported.events)["workspace.created"] == 1
    assert Counter(imported.events)["workspace.member_added"] == 0


def test_any_other_workspace_must_exist(installation: Installation, export: Writer) -> None:
    head, unknown = installation.wired.source.head(), str(uuid4())
    outcome = installation.run(export(*SPRING), "--workspace", unknown)
    assert outcome.status == 2
    assert f"there is no workspace {unknown}" in outcome.stderr
    assert installation.wired.source.head() == head


def test_a_dry_run_says_what_would_be_and_appends_nothing(installation: Installation, export: Writer) -> None:
    installation.imports(export(*SPRING[:2]))
    events = installation.events
    corrected = SPRING[0].replace(",2.50,1,", ",2.00,4,")

    file = export(corrected, *SPRING[1:], "2020-05-01,Spring,Banner B,3000,30,4,3,google,USD")
    checked = installation.imports(file, "--dry-run")
    assert checked["dry_run"]
    assert checked.status == 2
    assert checked.counts == (3, 1, 1, 1)
    assert installation.events == events

    imported = installation.imports(file)
    assert imported.counts == checked.counts
    assert imported["totals"] == checked["totals"]


def test_numbers_and_names_of_every_kind_arrive_as_they_are(installation: Installation, export: Writer) -> None:
    name = 'Frühling [red] {a},"" \\n 春 \\"" NULL'
    record = f'2020-04-30,"{name}","{name}",9007199254740991,0,999999999999.999999,0,google,KWD'
    outcome = installation.imports(export(record))
    assert outcome["totals"] == {
        "impressions": 2**53 - 1,
        "clicks": 0,
        "spend": "999999999999.999999",
        "conversions": 0,
    }
    assert installation.imports(export(record)).counts == (0, 0, 1, 0)
    people = installation.run(export(record))
    assert people.status == 0
    assert "Frühling [red] {a}" in people.stdout


def test_people_get_a_table_and_one_line_of_progress(installation: Installation, large: Path) -> None:
    outcome = installation.run(large)
    assert outcome.status == 0
    assert "60,000 imported (0 restated), 0 unchanged, 0 rejected; 30 campaigns, 6,000 ads" in outcome.stdout
    assert "15,000.00" in outcome.stdout
    (line,) = outcome.stderr.splitlines()
    assert line.startswith("60,000 rows in ")
    assert line.endswith(" rows/s)")
