"""The result of a sync: columns that fit, marketplaces only where there are several, and the exit code."""

import io
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.coming import still_coming
from xpert_pipeline.cli.result import print_result
from xpert_pipeline.cli.result_table import show
from xpert_pipeline.cli.run_result import RunResult, TableResult

INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"
ONE = TableResult("A1SELLER", "orders", None, 12_345, 12_000, 300, 45, 2, 0, date(2026, 1, 2), 7, 0.5, 61.2, "ok")
STORES = [replace(ONE, marketplace=INDIA), replace(ONE, marketplace=BRITAIN, state="empty")]
ALL = [
    replace(ONE, table=table.name, marketplace=place, state="not_granted")
    for table in TABLES
    for place in (INDIA, BRITAIN)
]


def printed(results, width, *, verbose=False):
    text = io.StringIO()
    show(Console(file=text, width=width), results, verbose=verbose)
    return text.getvalue().splitlines()


def test_the_entry_for_json_names_a_marketplace_only_where_the_seller_has_several():
    assert "marketplace" not in ONE.as_json()
    assert STORES[0].as_json() == {**ONE.as_json(), "marketplace": INDIA}
    assert ONE.as_json()["newest"] == "2026-01-02"


def test_stores_are_named_by_country_where_there_are_several():
    header, *rows = printed({"Books (A1SELLER)": STORES}, 160)
    assert header.split()[:3] == ["table", "store", "state"]
    assert [row.split()[:3] for row in rows] == [["orders", "IN", "ok"], ["orders", "GB", "empty"]]


def test_several_sellers_have_a_table_each_under_their_name():
    lines = printed({"Books (A1)": [ONE], "Toys (A2)": [replace(ONE, seller="A2", state="up_to_date")]}, 80)
    assert [line for line in lines if not line.startswith(("table", "orders"))] == ["Books (A1)", "", "Toys (A2)"]
    assert [line.split("  ")[1].strip() for line in lines if line.startswith("orders")] == ["ok", "up to date"]


def test_many_sellers_are_added_up_unless_every_figure_is_wanted():
    """A hundred sellers would be seven hundred lines."""
    many = {f"Books (A{n})": [replace(ONE, state="failed" if n == 3 else "ok")] for n in range(6)}
    header, row = printed(many, 80)
    assert header.split() == ["table", "complete", "new", "changed"]
    assert row.split() == ["orders", "5", "of", "6", "72,000", "1,800"]
    assert len(printed(many, 160, verbose=True)) > 2 * len(many)


@pytest.mark.parametrize("width", [80, 120])
def test_the_result_has_at_most_six_columns_and_cuts_no_cell(width):
    """At 80 columns the summary read "e…"."""
    header, *rows = printed({"Books": ALL}, width)
    names = ["table", "store", "state", "new", "changed", "newest day"]
    assert re.split(r" {2,}", header.strip()) == names
    assert max(map(len, [header, *rows])) <= width
    assert len(rows) == len(ALL)
    assert "…" not in "".join(rows)


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_every_figure_is_shown_as_far_as_it_fits_and_no_cell_is_cut(width):
    header, *rows = printed({"Books": ALL}, width, verbose=True)
    assert max(map(len, [header, *rows])) <= width
    assert len(rows) == len(ALL)
    assert "…" not in "".join([header, *rows])
    for name in ("table", "store", "state", "new", "changed", "newest day"):
        assert name in header
    assert ("seconds" in header) == (width >= 160)


def test_records_that_were_set_aside_are_told_with_the_place_to_look(capsys):
    assert print_result([RunResult([replace(ONE, rejected=3), replace(ONE, table="products")], [])], as_json=True) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("set aside: 3 records of orders did not fit the table.")
    assert "rejected_records" in line


@pytest.mark.parametrize(
    ("state", "errors", "left_out", "allowed", "code"),
    [
        ("ok", [], [], False, 0),
        ("incomplete", [], [], False, 0),
        ("failed", [], [], False, 1),
        ("ok", ["fact_stream: gone"], [], False, 1),
        ("ok", [], ["seller A2 was left out"], False, 1),
        ("not_granted", [], [], False, 1),
        ("not_granted", [], [], True, 0),
        ("not_granted", ["orders: down"], [], True, 1),
    ],
)
def test_the_exit_code_is_1_for_failures_and_for_sources_that_are_not_granted(
    capsys, state, errors, left_out, allowed, code
):
    run = RunResult([replace(ONE, state=state)], errors)
    assert print_result([run], as_json=True, allow_not_granted=allowed, left_out=left_out) == code
    assert json.loads(capsys.readouterr().out) == {"tables": [replace(ONE, state=state).as_json()]}


def test_a_role_that_is_not_granted_is_one_line_with_all_its_tables_and_what_to_do(capsys):
    assert print_result([RunResult(ALL, [])], as_json=True) == 1
    lines = [" ".join(line.split()) for line in re.split(r"\n(?=\S)", capsys.readouterr().err.strip())]
    tables: dict[str, list[str]] = {}
    for source in SOURCES:
        if source.roles:
            tables.setdefault(" or ".join(source.roles), []).extend(table.name for table in source.tables)
    assert lines == [
        f"not granted: the role {role} to {ONE.seller}, so {', '.join(names)} cannot be loaded: grant it to the "
        "application in the developer console and let the seller authorize again; --allow-not-granted accepts this"
        for role, names in tables.items()
    ]


LATE = [
    replace(ONE, table=table, state=state)
    for table, state in (
        ("returns_refunds", "incomplete"),
        ("fba_returns", "incomplete"),
        ("traffic_daily", "skipped"),
        ("market_share", "skipped"),
        ("products", "skipped"),
        ("orders", "ok"),
    )
]


@pytest.mark.parametrize(
    ("continued", "coming"),
    [
        ((), []),
        (("traffic_daily", "orders"), ["traffic_daily", "market_share"]),
        (("fba_returns",), ["fba_returns", "returns_refunds"]),
    ],
)
def test_what_is_still_coming_is_what_a_run_goes_on_with_and_what_is_computed_from_it(continued, coming):
    """Words in notes decided it, and tables whose input waits for hours were said to be still coming."""
    assert still_coming(LATE, continued) == coming


def test_what_the_next_run_continues_is_named_with_when_that_is(capsys):
    notes = ["traffic_daily: query 1 is not ready: it is IN_PROGRESS. Its id is kept, and the next run collects it"]
    run = RunResult(
        [ONE, replace(ONE, table="traffic_daily", state="skipped"), replace(ONE, table="products", state="skipped")],
        [],
        notes,
        "Shop (A1)",
        "1 Dec 02:00 Asia/Kolkata, while `xpert up` or the daemon runs",
        continued=["traffic_daily"],
        seconds_left=700.0,
    )
    assert print_result([run], as_json=True) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said.endswith(
        "still coming: traffic_daily: `xpert sync` continues now (~12 min); the pipeline does so by itself on 1 Dec "
        "02:00 "
        "Asia/Kolkata, while `xpert up` or the daemon runs"
    )


def test_lines_about_several_sellers_name_theirs_and_those_about_one_do_not(capsys):
    """ "not loaded: orders: ..." did not say which of the sellers lacks them."""
    books, toys = (
        RunResult([ONE], [f"products: broken {name}"], [f"orders: late {name}"], f"{name} (A1)") for name in "BT"
    )
    assert print_result([books, toys, RunResult([], ["fact_stream: gone"])], as_json=True, left_out=["A3 is away"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "not loaded for B (A1): orders: late B",
        "not loaded for T (A1): orders: late T",
        "failed: A3 is away",
        "failed for B (A1): products: broken B",
        "failed for T (A1): products: broken T",
        "failed: fact_stream: gone",
    ]
    print_result([books], as_json=True)
    assert capsys.readouterr().err.splitlines() == ["not loaded: orders: late B", "failed: products: broken B"]


def test_a_role_that_was_granted_before_is_not_asked_for_again_but_told_as_lost(capsys):
    sentence = "Amazon granted the role Brand Analytics until 1 Nov 10:00 UTC and refuses it now; every sync asks again"
    refused = replace(ONE, table="traffic_daily", state="not_granted")
    run = RunResult([refused], [], seller="Shop (A1)", lost={"traffic_daily": sentence})
    assert print_result([run], as_json=True, allow_not_granted=True) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert said == f"not granted any more: traffic_daily of Shop (A1): {sentence}"
