"""The views for analysts: against the raw tables, under row level security, and in every document and dashboard."""

import json
import re
from collections import defaultdict
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
import yaml

from xpert_pipeline.cli.money_format import MoneyFormat
from xpert_pipeline.cli.report.charts import charts_of
from xpert_pipeline.cli.report.figures import ask
from xpert_pipeline.cli.report.tiles import tiles_of
from xpert_pipeline.postgres.pool import open_pool, tenant
from xpert_pipeline.postgres.sellers import SellerBook
from xpert_pipeline_tests.assets.finance.books import Books
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(180)]
ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "bi.md"
DASHBOARDS = sorted((ROOT / "deploy" / "grafana" / "dashboards").glob("*.json"))
QUESTIONS = ROOT / "deploy" / "metabase" / "questions.md"
VIEWS = (
    "daily_business",
    "sku_profit",
    "stock_risk",
    "expected_demand",
    "owed_money",
    "month_close",
    "month_close_rows",
    "days",
    "months",
)
NOBODY = UUID(int=0)


@contextmanager
def reading(dsn, role, seller_id=None):
    """A connection that reads as one of the roles of readers: a viewer of all sellers, or the reader of one."""
    with psycopg.connect(dsn) as connection:
        if role == "xpert_viewer":
            connection.execute("insert into viewer_sellers (role_name, seller_id) values (%s, %s)", [role, seller_id])
        else:
            claims = json.dumps({"seller_id": str(seller_id)})
            connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        connection.execute(f"set local role {role}")
        yield connection
        connection.rollback()


@pytest.fixture
def raw(loaded):
    with psycopg.connect(loaded.admin_dsn) as connection:
        yield lambda statement: connection.execute(statement).fetchall()


def sales_by_day(raw, expected):
    """Orders, units and sales of each day of purchase."""
    orders = raw("select order_id, order_date, fulfillment_status, sales_channel from orders")
    kept = {order_id: day for order_id, day, status, channel in orders if channel == "AMAZON" and status != "CANCELLED"}
    counted = set()
    for order_id, units, price in raw(
        "select order_id, quantity_ordered, item_subtotal from order_items where not is_cancelled"
    ):
        if order_id in kept:
            day = expected[kept[order_id]]
            day["orders"] += order_id not in counted
            counted.add(order_id)
            day["units"] += units
            day["sales"] += price or 0


def money_by_day(raw, expected):
    """All transactions of each day, and the fees and advertising among them."""
    headers = (
        "select posted_date, total_amount, transaction_type from financial_events where item_index = -1 and is_counted"
    )
    for day, amount, kind in raw(headers):
        expected[day]["net_transactions"] += amount if kind != "Transfer" else 0
    charges = "select posted_date, amount, is_tax, transaction_type from financial_event_amounts where is_counted"
    for day, amount, is_tax, kind in raw(charges + " and amount_group = 'AmazonFees'"):
        name = "tax_on_fees" if is_tax else "advertising" if kind == "ProductAdsPayment" else "fees"
        expected[day][name] += amount


FIGURES = (
    "orders", "units", "sales", "sessions", "page_views", "net_transactions", "fees", "tax_on_fees", "advertising",
    "margin_before_goods",
)  # fmt: skip


def test_a_day_of_business_is_what_the_raw_tables_say(raw):
    """Counted in Python from orders, lines, traffic, transactions and margins."""
    expected = defaultdict(lambda: defaultdict(Decimal))
    sales_by_day(raw, expected)
    money_by_day(raw, expected)
    for day, sessions, views in raw("select business_date, sessions, page_views from traffic_daily"):
        expected[day]["sessions"] += sessions
        expected[day]["page_views"] += views
    uncosted = set()
    for day, before, margin in raw("select business_date, margin_before_cogs, margin from profit_margins"):
        expected[day]["margin_before_goods"] += before
        if margin is None:
            uncosted.add(day)
    found = raw(f"select day, margin is null, {', '.join(FIGURES)} from xpert_views.daily_business")
    assert {row[0] for row in found} >= expected.keys()
    assert len(found) >= 20
    for day, has_no_margin, *figures in found:
        told = {name: figure or 0 for name, figure in zip(FIGURES, figures, strict=True)}
        assert told == {name: expected[day][name] for name in FIGURES}, day
        assert has_no_margin or day not in uncosted


def test_the_tiles_of_the_report_are_sums_of_the_raw_tables(loaded, raw):
    expected = defaultdict(lambda: defaultdict(Decimal))
    sales_by_day(raw, expected)
    with open_pool(loaded.dsn) as pool:
        (seller,) = SellerBook(pool, KEY).all()
        (store,) = ask(pool, seller, None, None, datetime.now(UTC))
        tiles = {tile.title: tile for tile in tiles_of(store)}
    assert len(tiles) == 7
    for row in store.rows("periods"):
        days = [row["first_day"] + timedelta(days=number) for number in range(row["days"])]
        for name in ("orders", "units", "sales"):
            assert (row[name] or 0) == sum(expected[day][name] for day in days), (row["period"], name)
    waiting = raw("select coalesce(sum(amount), 0) from owed_transactions")[0][0]
    assert tiles["Amazon owes you"].figure == MoneyFormat.of(seller.marketplace_ids[0]).amount(waiting, decimals=0)
    charts = charts_of(store)
    assert sum(filter(None, charts["sales"]["lines"][0][1])) == float(sum(day["sales"] for day in expected.values()))
    assert charts["margin"]["sums"].count(True) == 1, "no cost is known, so it ends before the goods"
    *steps, end = charts["margin"]["amounts"]
    assert sum(steps) == pytest.approx(end)


def test_a_day_without_sales_is_0_and_a_day_that_is_not_loaded_is_empty(books):
    books.write(
        "loads", load_id=UUID(int=1), table_name="orders", window_kind="created", window_start="2026-10-01T18:30Z",
        window_end="2026-10-02T18:30Z", run_id="r", fetched=0, inserted=0, updated=0, unchanged=0, deleted=0, rejected=0,
        started_at="2026-10-03T00:00Z",
    )  # fmt: skip
    books.write("sales_data", sale_date=date(2026, 10, 4), sku="A", orders=1, order_items=1, units_ordered=2, units_b2b=0,
                units_without_price=0, units_cancelled=0, ops=9, currency="USD", is_final=False)  # fmt: skip
    columns = "orders, units, sales, units_without_price, sessions, net_transactions, margin"
    days = {row[0]: row[1:] for row in books.ask(f"select day, {columns} from xpert_views.daily_business")}
    assert days[date(2026, 10, 2)] == (0, 0, 0, 0, None, None, None)
    assert days.get(date(2026, 10, 3)) is None
    assert days[date(2026, 10, 4)] == (None, 2, None, 2, None, None, None), "dollars are not rupees"


@pytest.fixture
def books(pool, seller):
    return Books(pool, seller)


def test_a_sku_is_at_risk_by_its_stock_its_sales_and_the_lead_time(books):
    """By hand: a lead time of 14 days, one unit a day, a reorder point of 20."""
    facts = {
        "asin": "B0", "is_complete": True, "loaded_days": 90, "stock_known_days_30": 30, "lead_time_days": 14,
        "service_level_pct": 95, "reorder_point": 20, "planning_velocity": 1, "velocity_class": "STEADY",
    }  # fmt: skip
    risks = {
        "out of stock": {"stock_quantity": 0, "available_quantity": 0, "days_of_cover": 0},
        "runs out before new stock can arrive": {"stock_quantity": 13, "days_of_cover": 13},
        "order now": {"stock_quantity": 20, "days_of_cover": 20},
        "no risk": {"stock_quantity": 21, "days_of_cover": 21},
        "too much stock": {"stock_quantity": 181, "days_of_cover": 181},
        "does not sell": {"stock_quantity": 5, "planning_velocity": 0, "velocity_class": "DEAD"},
        "stock unknown": {},
        "sales unknown": {"stock_quantity": 5, "planning_velocity": None, "velocity_class": None},
    }
    for risk, figures in risks.items():
        books.write("velocity_trends", sku=risk, as_of_date=date(2026, 10, 20), **{**facts, **figures})
        books.write("velocity_trends", sku=risk, as_of_date=date(2026, 10, 19), **facts)
    books.write("products", sku="order now", item_name="A book", price=Decimal("12.50"), currency="INR")
    found = books.ask("select sku, risk, title, sales_per_day, stock_at_price, currency from xpert_views.stock_risk")
    assert sorted(row[:2] for row in found) == sorted((risk, risk) for risk in risks)
    (priced,) = [row[2:] for row in found if row[0] == "order now"]
    assert priced == ("A book", Decimal("12.50"), 250, "INR")


def test_what_is_owed_is_what_its_three_views_say(raw):
    counts = dict(raw("select kind, count(*) from xpert_views.owed_money group by 1"))
    states = dict(raw("select state, count(*) from owed_transactions group by 1"))
    assert counts.get("deferred") == states.get("deferred")
    assert counts.get("not settled yet") == states.get("unsettled")
    assert (counts.get("lost or damaged units", 0),) == raw("select count(*) from owed_lost_units")[0]
    assert (counts.get("refund without a return", 0),) == raw("select count(*) from owed_returns")[0]
    assert sum(counts.values()) > 10


def test_the_day_of_a_release_is_the_marketplaces_own_in_any_session(books):
    """20:00 UTC is 01:30 of the next day in India. The day was that of the session's time zone."""
    moment = datetime(2026, 11, 20, 20, tzinfo=UTC)
    held = {"is_cash": False, "transaction_status": "DEFERRED", "order_id": "1", "matures_at": moment}
    books.posted("T", 70, date(2026, 11, 1), **held)
    for zone in ("UTC", "America/New_York"):
        with tenant(books.pool, books.seller.id) as connection:
            connection.execute("select set_config('TimeZone', %s, true)", [zone])
            days = connection.execute("select expected_date from xpert_views.owed_money").fetchall()
        assert days == [(date(2026, 11, 21),)], zone


def test_the_expected_demand_of_a_sku_is_the_last_day_of_its_forecast(raw):
    rows = raw("select sku, total_p50, origin_date from forecasting_data where scope = 'SKU' order by forecast_date")
    totals, origins = {sku: total for sku, total, _ in rows}, {origin for _, _, origin in rows}
    found = raw(
        "select sku, middle_units, known_until, no_forecast_because, expected_until from xpert_views.expected_demand"
    )
    assert {sku: units for sku, units, *_ in found} == totals
    assert {known for _, _, known, _, _ in found} == origins
    assert all((units is None) == (why is not None) == (until is None) for _, units, _, why, until in found)
    assert any(units is not None for _, units, *_ in found)


def test_the_profit_of_a_sku_is_the_sum_of_its_days(raw):
    expected = defaultdict(Decimal)
    for day, sku, before in raw("select business_date, sku, margin_before_cogs from profit_margins"):
        expected[day.replace(day=1), sku] += before
    found = raw("select month, sku, margin_before_goods from xpert_views.sku_profit")
    assert {(month, sku): before for month, sku, before in found} == expected
    assert len(expected) > 10


@pytest.mark.parametrize("role", ["xpert_viewer", "xpert_reader"])
def test_readers_see_the_rows_of_their_sellers_and_no_others(loaded, raw, role):
    ((seller_id,),) = raw("select id from sellers")
    for view in VIEWS:
        ask = f"select count(*) from xpert_views.{view}"
        (everything,) = raw(ask)[0]
        with reading(loaded.admin_dsn, role, seller_id) as own:
            assert own.execute(ask).fetchone() == (everything,), view
        if role == "xpert_reader":
            with reading(loaded.admin_dsn, role, NOBODY) as strange:
                assert strange.execute(ask).fetchone() == (0,), view
        assert everything > 0, view


def test_the_document_names_every_view_and_its_questions_run(loaded, raw):
    text = DOCUMENT.read_text()
    section = text.split("## Views for analysts")[1].split("## Ready dashboards")[0]
    views = "select relname from pg_class where relnamespace = 'xpert_views'::regnamespace and relkind = 'v'"
    assert {name for (name,) in raw(views)} == set(re.findall(r"`(\w+)`", section.split("\n\n")[2]))
    questions = re.findall(r"```sql\n(.*?)```", section, re.DOTALL)
    assert len(questions) == 6
    asked = set(re.findall(r"xpert_views\.(\w+)", " ".join(questions)))
    assert asked == {"daily_business", "sku_profit", "stock_risk", "expected_demand", "owed_money", "month_close"}
    with reading(loaded.admin_dsn, "xpert_viewer") as viewer:
        for question in questions:
            viewer.execute(question)
    for question in re.findall(r"```sql\n(.*?)```", text, re.DOTALL):
        raw(question.strip().removesuffix(";"))


def as_grafana_asks(statement, seller_id):
    """The statement with Grafana's variables and macros filled in."""
    for macro, value in {
        "$__timeFrom()": "'2000-01-01T00:00:00Z'", "$__timeTo()": "'2999-12-31T00:00:00Z'",
        "${marketplace:sqlstring}": "'Amazon.in','Amazon.co.uk'", "${seller}": str(seller_id),
    }.items():  # fmt: skip
        statement = statement.replace(macro, value)
    assert "$" not in statement, statement
    return statement


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_every_panel_of_a_grafana_dashboard_shows_rows(loaded, raw, file):
    board, ((seller_id,),) = json.loads(file.read_text()), raw("select id from sellers")
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) >= 11
    with reading(loaded.admin_dsn, "xpert_viewer") as viewer:
        for panel in board["panels"]:
            (target,) = panel["targets"]
            cursor = viewer.execute(as_grafana_asks(target["rawSql"], seller_id))
            names, rows = [column.name for column in cursor.description], cursor.fetchall()
            if panel["title"] not in MAY_BE_EMPTY:
                assert rows, panel["title"]
            if target["format"] == "time_series":
                assert names == ["time", "metric", "value"]
                keys = [(row[0], row[1]) for row in rows]
                assert len(set(keys)) == len(keys)
        for variable in board["templating"]["list"]:
            assert viewer.execute(as_grafana_asks(variable["query"], seller_id)).fetchall(), variable["name"]


MAY_BE_EMPTY = ("Sales of this month", "Stock at risk")
"""On the first day of a month it has no past day; a small world may have no SKU at risk."""


def test_the_panels_of_grafana_do_not_overlap_and_use_the_provisioned_source():
    (source,) = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/xpert.yml").read_text())["datasources"]
    text = json.dumps(source)
    assert set(re.findall(r"\$(\w+)", text)) == set(re.findall(r"-e (XPERT_DB_\w+)", DOCUMENT.read_text()))
    assert source["secureJsonData"] == {"password": "$XPERT_DB_PASSWORD"}
    for file in DASHBOARDS:
        taken = set()
        for panel in json.loads(file.read_text())["panels"]:
            assert {panel["datasource"]["uid"], panel["targets"][0]["datasource"]["uid"]} == {source["uid"]}
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, panel["title"]
            assert place["x"] + place["w"] <= 24
            taken |= cells


def as_metabase_asks(statement, *, filtered):
    """The statement with Metabase's variables filled in, or without its optional parts."""
    if not filtered:
        return re.sub(r"\[\[.*?\]\]", "", statement)
    values = {"seller": "'Shop'", "from": "'2026-01-01'", "to": "'2026-12-31'", "month": "'2026-10-15'"}
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], statement.replace("[[", "").replace("]]", ""))


def test_every_question_for_metabase_runs_with_and_without_its_filters(loaded):
    found = re.findall(
        r"^## ([^\n]+)\n\nVisualization: ([^\n]+)\.\n\n```sql\n(.*?)```",
        QUESTIONS.read_text(),
        re.MULTILINE | re.DOTALL,
    )
    assert len({name for name, _, _ in found}) == len(found) == QUESTIONS.read_text().count("\n## ") == 8
    with reading(loaded.admin_dsn, "xpert_viewer") as viewer:
        for name, _, block in found:
            rows = viewer.execute(as_metabase_asks(block, filtered=False)).fetchall()
            assert rows or name in MAY_BE_EMPTY
            viewer.execute(as_metabase_asks(block, filtered=True))
