"""The result of a sync: columns that fit, marketplaces only where there are several, and the exit code."""

import io
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from xpert_pipeline.assets.registry import SOURCES, TABLES
from xpert_pipeline.cli.result import RunResult, TableResult, print_result, show

INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"
ONE = TableResult("A1SELLER", "orders", None, 12_345, 12_000, 300, 45, 2, 0, date(2026, 1, 2), 7, 0.5, 61.2, "ok")
STORES = [replace(ONE, marketplace=INDIA), replace(ONE, marketplace=BRITAIN, state="empty")]
ALL = [
    replace(ONE, table=table.name, marketplace=place, state="not_granted")
    for table in TABLES
    for place in (INDIA, BRITAIN)
]


def printed(results, width):
    text = io.StringIO()
    show(Console(file=text, width=width), results)
    return text.getvalue().splitlines()


def test_the_entry_for_json_names_a_marketplace_only_where_the_seller_has_several():
    assert "marketplace" not in ONE.as_json()
    assert STORES[0].as_json() == {**ONE.as_json(), "marketplace": INDIA}
    assert ONE.as_json()["newest"] == "2026-01-02"


def test_stores_are_named_by_country_and_sellers_only_where_there_are_several():
    header, *rows = printed(STORES, 160)
    assert header.split()[:3] == ["table", "store", "state"]
    assert [row.split()[:3] for row in rows] == [["orders", "IN", "ok"], ["orders", "GB", "empty"]]
    header, *_ = printed([ONE, replace(ONE, seller="A2SELLER")], 160)
    assert header.split()[:3] == ["seller", "table", "state"]


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_a_narrow_terminal_leaves_out_columns_and_cuts_no_cell(width):
    header, *rows = printed(ALL, width)
    assert max(map(len, [header, *rows])) <= width
    assert len(rows) == len(ALL)
    assert "…" not in "".join([header, *rows])
    for name in ("table", "store", "state", "fetched", "rejected", "newest day"):
        assert name in header
    assert ("waited s" in header) == (width >= 160)


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
