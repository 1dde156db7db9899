"""Rows that are left out, each with where it stands and why, and what becomes of the others."""

from __future__ import annotations

from tests.integration.importing.conftest import Writer
from tests.integration.importing.words import Installation

GOOD = "2020-04-30,Spring,Banner A,1000,10,2.50,1,google,EUR"


def test_good_rows_are_kept_and_bad_ones_named(installation: Installation, export: Writer) -> None:
    file = export(GOOD, GOOD.replace("2.50", "1e5"), "2020-04-30,Spring", GOOD.replace("04-30", "05-01"))
    outcome = installation.imports(file)
    assert outcome.status == 2
    assert outcome.counts == (2, 0, 0, 2)
    assert outcome["rows"] == 4
    assert outcome["rejected"] == [
        {
            "line": 3,
            "column": "spend",
            "reason": "'1e5' is in exponent form; a plain decimal such as 1250.50 is expected",
        },
        {"line": 4, "column": None, "reason": "the number of fields is 2; 9 are expected, as in the header"},
    ]
    assert outcome["totals"]["impressions"] == 2000


def test_with_strict_one_bad_row_holds_all_back(installation: Installation, export: Writer) -> None:
    events = installation.events
    file = export(GOOD, GOOD.replace("2.50", "1e5"))
    outcome = installation.imports(file, "--strict")
    assert outcome.status == 2
    assert outcome.counts == (0, 0, 0, 1)
    assert (outcome["rows"], outcome["held_back"]) == (2, 1)
    assert outcome["totals"] == {"impressions": 0, "clicks": 0, "spend": "0", "conversions": 0}
    assert installation.events == events

    good = installation.imports(export(GOOD), "--strict")
    assert (good.status, good["imported"]) == (0, 1)


def test_a_file_that_contradicts_itself_keeps_the_first(installation: Installation, export: Writer) -> None:
    file = export(GOOD, GOOD.replace("Banner A", "Banner B"), GOOD.replace("2.50", "2.60"))
    outcome = installation.imports(file)
    assert outcome.status == 2
    assert outcome.counts == (2, 0, 0, 1)
    (rejected,) = outcome["rejected"]
    assert rejected["line"] == 4
    assert rejected["reason"] == "line 2 has other figures of this ad on 2020-04-30; keep one of the two"
    assert installation.imports(file).counts == (0, 0, 2, 1)


def test_a_campaign_keeps_its_currency(installation: Installation, export: Writer) -> None:
    dollars, other = GOOD.replace("EUR", "USD"), GOOD.replace("Spring", "Summer").replace("EUR", "USD")
    in_one_file = installation.imports(export(GOOD, dollars, other))
    assert in_one_file.counts == (2, 0, 0, 1)

    in_another = installation.imports(export(dollars, dollars, other))
    assert in_another.status == 2
    assert in_another.counts == (0, 0, 1, 2)
    assert [(r["line"], r["column"]) for r in in_another["rejected"]] == [(2, "currency"), (3, "currency")]
    assert in_another["rejected"][0]["reason"] == "the campaign 'Spring' is in EUR, not USD"


def test_people_see_the_first_hundred_rejected_rows(installation: Installation, export: Writer) -> None:
    file = export(GOOD, *(GOOD.replace("2.50", "x") for _ in range(130)))
    people = installation.run(file)
    assert people.status == 2
    assert people.stderr.count("column spend") == 100
    assert "line 3, column spend: 'x' is not a number" in people.stderr
    assert "and 30 more rejected rows" in people.stderr
    assert len(installation.imports(file)["rejected"]) == 130


def test_listed_rejections_have_a_bound_and_are_all_counted(installation: Installation, export: Writer) -> None:
    outcome = installation.imports(export(*(GOOD.replace("2.50", "x") for _ in range(10_050))))
    assert outcome.status == 2
    assert outcome["rows"] == outcome["rejected_count"] == 10_050
    assert len(outcome["rejected"]) == 10_000
