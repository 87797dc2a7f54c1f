"""`xpert costs import`, `template` and `list` against a real database."""

import csv
import lzma
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline_tests.conftest import MARKETPLACE

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
COUNTS = ("new", "changed", "unchanged")


@pytest.fixture
def write(tmp_path):
    def run(text, name="costs.csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return run


def counts(document):
    return tuple(document[name] for name in COUNTS)


def stored(costs):
    with tenant(costs.pool, costs.seller.id) as conn:
        return conn.execute("select * from product_costs order by sku, marketplace_id, valid_from").fetchall()


def test_importing_a_file_twice_changes_nothing(costs, write):
    file = write("sku,cost,valid_from,valid_to\nA,5,2026-01-01,2026-06-30\nA,6,2026-04-01,\n=B,7.25,2026-01-01,\n")
    assert counts(costs.json("import", file)) == (3, 0, 0)
    before = stored(costs)
    assert counts(costs.json("import", file)) == (0, 0, 3)
    assert counts(costs.json("import", write(file.read_text(), "copy.csv"))) == (0, 0, 3)
    assert stored(costs) == before
    assert costs.timeline("A") == [("2026-01-01", "2026-03-31", "5"), ("2026-04-01", None, "6")]


def test_a_cost_holds_until_the_next_one_in_whatever_order_the_files_come(costs, write):
    """A file of last year, imported after this year's, must not end the costs of this year."""
    march, may = (
        (write("sku,cost\nA,5\n", "march.csv"), "2021-03-01"),
        (write("sku,cost\nA,6\n", "may.csv"), "2022-05-01"),
    )
    expected = [("2021-03-01", "2022-04-30", "5"), ("2022-05-01", None, "6")]
    for file, day in (march, may):
        costs("import", file, "--from", day)
    assert costs.timeline("A") == expected
    with tenant(costs.pool, costs.seller.id) as conn:
        conn.execute("delete from product_costs")
    for file, day in (may, march):
        costs("import", file, "--from", day)
    assert costs.timeline("A") == expected


def test_a_newer_import_replaces_the_cost_of_the_same_day_and_a_stated_end_stays(costs, write):
    costs("import", write("sku,cost,from,to\nA,5,2026-01-01,2026-01-31\nA,6,2026-03-01,\n"))
    assert costs.timeline("A") == [("2026-01-01", "2026-01-31", "5"), ("2026-03-01", None, "6")]
    done = costs.json("import", write("sku,cost,from,to\nA,5.5,2026-01-01,2026-12-31\nA,6,2026-03-01,\n"))
    assert counts(done) == (0, 1, 1)
    assert costs.timeline("A") == [("2026-01-01", "2026-02-28", "5.5"), ("2026-03-01", None, "6")]


def test_costs_of_one_marketplace_do_not_cut_those_of_all(costs, write):
    costs("import", write("sku,cost\nA,5\n"), "--from", "2026-01-01")
    costs("import", write("sku,cost\nA,6\n"), "--from", "2026-02-01", "--marketplace", "IN")
    assert costs.timeline("A") == [("2026-01-01", None, "5")]
    assert costs.timeline("A", MARKETPLACE) == [("2026-02-01", None, "6")]


def test_good_lines_are_imported_and_bad_ones_are_told_with_their_lines(costs, write):
    file = write("sku,cost\nA,5\n=B,Nill\nC,#VALUE!\nD,#VALUE!\nE,\n")
    done = costs("import", file, "--from", "2026-01-01", code=1)
    assert done.stdout == "costs.csv, A1COSTS: 1 cost: 1 new, 0 changed, 0 known before\n"
    assert done.stderr.splitlines() == [
        "left out: 1 line without a cost",
        "refused: 3 lines",
        "  line 3: the cost 'Nill' is not a number",
        "  line 4-5: the cost '#VALUE!' is not a number",
    ]
    document = costs.json("import", file, "--from", "2026-01-01", code=1)
    assert document["refused"][0] == {"line": 3, "sku": "=B", "reason": "the cost 'Nill' is not a number"}
    assert document["lines_without_cost"] == [6]


def test_a_dry_run_counts_and_writes_nothing(costs, write):
    done = costs("import", write("sku,cost\nA,5\nZ,6\n"), "--from", "2026-01-01", "--dry-run")
    assert "2 new, 0 changed, 0 known before, nothing was written (--dry-run)" in done.stdout
    assert "kept with a warning: 1 line\n  line 3: no listing and no order has this SKU" in done.stderr
    assert stored(costs) == []


def test_a_file_without_days_needs_the_option(costs, write):
    done = costs("import", write("sku,cost\nA,5\n"), code=2)
    assert "costs.csv has no column valid_from: say with --from" in done.stderr
    refused = costs("import", write("PK\x03\x04"), code=3)
    assert "Excel workbook" in refused.stderr
    refused = costs("import", write("sku,cost\nA,5\n"), "--from", "2026-01-01", "--marketplace", "US", code=3)
    assert "seller A1COSTS has no marketplace US" in refused.stderr
    assert stored(costs) == []


def test_a_template_comes_back_unchanged_and_has_no_formulas(costs, write, tmp_path):
    costs("import", write("sku,cost,from,to\nA,5.10,2026-01-01,2026-12-31\nA,6,2026-03-01,\nOLD,7,2026-01-01,\n"))
    before, out = stored(costs), tmp_path / "template.csv"
    done = costs("template", "--out", out)
    assert "3 SKUs of A1COSTS, 1 of them without a cost" in done.stdout
    rows = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
    assert [(row["sku"], row["title"], row["unit_cost"], row["currency"]) for row in rows] == [
        ("'=B", "Mask, blue", "", "INR"),
        ("A", "'=Kurta", "5.1", "INR"),
        ("A", "'=Kurta", "6", "INR"),
        ("OLD", "", "7", "INR"),
    ]
    assert rows[1]["valid_to"] == "2026-12-31"
    document = costs.json("import", out)
    assert counts(document) == (0, 0, 3)
    assert stored(costs) == before
    out_again = costs("template", "--out", out, code=3)
    assert "exists and may hold costs" in out_again.stderr
    filled = out.read_text(encoding="utf-8").replace(",,INR,,", ",9,INR,2026-02-01,", 1)
    assert counts(costs.json("import", write(filled, "filled.csv"))) == (1, 0, 3)
    assert costs.timeline("=B") == [("2026-02-01", None, "9")]


def test_a_wrong_import_can_be_taken_back(costs, write):
    costs("import", write("sku,cost\nA,5\n=B,7\n"), "--from", "2026-01-01")
    costs("import", write("sku,cost\nA,6\n=B,8\n", "wrong.csv"), "--from", "2026-03-01")
    before = stored(costs)
    assert "say which costs to remove" in costs("remove", code=2).stderr
    assert costs("remove", "--file", "wrong.csv", "--dry-run").stdout == "2 costs of A1COSTS would be removed\n"
    assert "none fits. `xpert costs list` shows" in costs("remove", "--file", "unknown.csv").stdout
    assert stored(costs) == before
    assert costs.json("remove", "--file", "wrong.csv", "--sku", "A")["removed"] == 1
    assert costs.timeline("A") == [("2026-01-01", None, "5")]
    assert costs.timeline("=B") == [("2026-01-01", "2026-02-28", "7"), ("2026-03-01", None, "8")]
    assert costs.json("remove", "--from", "2026-01-01")["removed"] == 2
    assert costs.timeline("=B") == [("2026-03-01", None, "8")]


def test_the_list_names_file_and_line(costs, write):
    assert "no cost of A1COSTS is known" in costs("list").stdout
    costs("import", write("sku,Landed cost\nA,5\n"), "--from", "2026-01-01")
    words = costs("list").stdout.split()
    assert words[7:] == ["A", "all", "2026-01-01", "5", "INR", "Landed", "cost", "costs.csv:2"]


def test_another_seller_has_its_own_costs(costs, write, other_of_costs):
    done = costs("import", write("sku,cost\nA,5\n"), "--from", "2026-01-01", code=2)
    assert "there are several sellers (A1COSTS, A2COSTS): name one with --seller" in " ".join(done.stderr.split())
    costs("import", write("sku,cost\nA,5\n"), "--from", "2026-01-01", "--seller", "A2COSTS")
    assert costs.json("list", "--seller", "A1COSTS")["costs"] == []
    assert len(costs.json("list", "--seller", "A2COSTS")["costs"]) == 1
    refused = costs("list", "--seller", "A3", code=3)
    assert "seller A3 is not known" in refused.stderr


def test_the_documented_query_finds_the_cost_of_each_day(costs, write):
    """The marketplace's own cost wins over that for all, and there is none after a stated end."""
    costs(
        "import",
        write(
            "sku,cost,from,to,marketplace\nA,5,2026-01-01,,\nA,6,2026-01-03,2026-01-03,IN\n=B,7,2026-01-02,2026-01-02,\n"
        ),
    )
    (query,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "costs.md").read_text(), re.DOTALL)
    with tenant(costs.pool, costs.seller.id) as conn:
        conn.execute(
            "insert into sales_data (seller_id, marketplace_id, sale_date, sku, orders, order_items, units_ordered,"
            " units_b2b, units_without_price, units_cancelled, is_final, source, load_id)"
            " select %s, %s, '2026-01-01'::date + day, sku, 1, 1, 1, 0, 1, 0, true, 's', gen_random_uuid()"
            " from generate_series(-1, 3) as day cross join unnest(array['A', '=B']) as sku",
            [costs.seller.id, MARKETPLACE],
        )
        found = [(str(day), sku, cost) for _, day, sku, _, cost, _, _ in conn.execute(query).fetchall()]
        conn.rollback()
    assert {(day[-2:], sku): cost for day, sku, cost in found if cost is not None} == {
        ("01", "A"): 5, ("02", "A"): 5, ("03", "A"): 6, ("04", "A"): 5, ("02", "=B"): 7,
    }  # fmt: skip
    assert len(found) == 10


@pytest.mark.skipif(not SHARED.exists(), reason="the real cost files are not at hand")
def test_two_real_files_with_dirt_become_two_costs_of_each_sku(costs, write):
    """1,330 SKUs each, six of them with #VALUE! instead of a cost; one file has padded cells and two columns of costs."""
    march, may = (
        write(lzma.decompress((SHARED / f"{name}.csv.xz").read_bytes()).decode(), f"{name}.csv")
        for name in ("p-l-march-2021", "may-2022")
    )
    assert "name the column with --cost-column" in costs("import", march, "--from", "2021-03-01", code=3).stderr
    for file, day, words in ((may, "2022-05-01", ()), (march, "2021-03-01", ("--cost-column", "TP 2"))):
        document = costs.json("import", file, "--from", day, *words, code=1)
        assert counts(document) == (1324, 0, 0)
        assert [note["line"] for note in document["refused"]] == [1232, 1233, 1234, 1235, 1236, 1237]
        assert {note["reason"] for note in document["refused"]} == {"the cost '#VALUE!' is not a number"}
        assert counts(costs.json("import", file, "--from", day, *words, code=1)) == (0, 0, 1324)
    assert costs.timeline("Os206_3141_S") == [("2021-03-01", "2022-04-30", "435.78"), ("2022-05-01", None, "538")]
    with tenant(costs.pool, costs.seller.id) as conn:
        sums = conn.execute(
            "select valid_from, count(*), count(distinct sku), sum(unit_cost), min(cost_of), min(currency)"
            " from product_costs group by 1 order by 1"
        ).fetchall()
    expected = [_sums(march, "TP 2"), _sums(may, "TP")]
    assert sums == [
        (date(2021, 3, 1), 1324, 1324, expected[0], "TP 2", "INR"),
        (date(2022, 5, 1), 1324, 1324, expected[1], "TP", "INR"),
    ]


def _sums(file, column):
    """The sum of a column by other means than the import's."""
    lines = [line.split(",") for line in file.read_text().splitlines()]
    place = [cell.strip() for cell in lines[0]].index(column)
    return sum(Decimal(line[place].strip()) for line in lines[1:] if "#" not in line[place])
