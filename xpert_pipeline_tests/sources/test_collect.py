"""Records are collected as rows; a record that breaks a contract goes to quarantine whole, with the reason."""

from contextlib import ExitStack
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.assets.finance.economics_daily import ECONOMICS_DAILY, SOURCE, parse_economics
from xpert_pipeline.assets.sales.traffic_daily import SOURCE as TRAFFIC_SOURCE
from xpert_pipeline.assets.sales.traffic_daily import TRAFFIC_DAILY, parse_traffic
from xpert_pipeline.sources.collect import KEPT_SETS, ROUNDED, Unfit, collecting
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Amount, Id, MarketplaceId, Quantity
from xpert_pipeline.tables.validation import CHUNK
from xpert_pipeline_tests.sources.kiosk.records import DAY, REQUESTED, STORE, economics, inr, traffic

OTHER_DAY = DAY + timedelta(days=1)


@pytest.fixture
def open_collector(tmp_path):
    """Opens collectors that live as long as the test."""
    with ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(collecting(tmp_path, *arguments))[1]


@pytest.fixture
def collected(open_collector):
    """A collector that has taken in records of a Data Kiosk table."""

    def make(table, *records):
        parse, source = {
            ECONOMICS_DAILY.name: (parse_economics, SOURCE),
            TRAFFIC_DAILY.name: (parse_traffic, TRAFFIC_SOURCE),
        }[table.name]
        collector = open_collector(
            [table],
            lambda record: ([parse(record, REQUESTED, collector.signals)],),
            lambda record: source.key_of(record, REQUESTED),
        )
        collector.add(records)
        return collector

    return make


@pytest.mark.parametrize(
    ("record", "why", "key"),
    [
        (economics(msku=None), "sku: Input should be a valid string", None),
        (economics(netProceeds={"total": inr(5, "USD")}), "its amounts are in INR and USD", "2026-11-01 SKU-1"),
        (economics(fees=[{"charges": "?"}]), "it does not have the documented structure", "2026-11-01 SKU-1"),
        (economics(startDate=None, endDate=None), "it does not have the documented structure", None),
        (
            economics(sales={"unitsOrdered": 3_000_000_000}),
            "units_ordered: Input should be less than",
            "2026-11-01 SKU-1",
        ),
        (
            economics(sales={"orderedProductSales": inr(True)}),
            "it does not have the documented structure",
            "2026-11-01 SKU-1",
        ),
        ({}, "it does not have the documented structure", None),
    ],
)
def test_a_record_that_breaks_the_contract_is_rejected_whole(collected, record, why, key):
    collector = collected(ECONOMICS_DAILY, economics(msku="GOOD"), record)
    (reject,) = collector.main.rejects
    assert reject.record == record
    assert reject.reason.startswith(why)
    assert reject.record_key == key
    assert collector.main.kept == ([(STORE, DAY, "SKU-1")] if key else [])
    assert (collector.fetched, len(collector.main.spool)) == (2, 1)


def test_a_percentage_beyond_all_bounds_is_rejected(collected):
    collector = collected(TRAFFIC_DAILY, traffic(traffic={"buyBoxPercentage": 1e9}))
    assert [reject.reason for reject in collector.main.rejects] == [
        "buy_box_pct: Value error, not a finite percentage below a million"
    ]


def test_a_null_record_is_a_signal_and_no_record(collected):
    collector = collected(TRAFFIC_DAILY, None, traffic())
    assert (collector.fetched, collector.signals) == (1, {"null among records": 1})


@pytest.mark.parametrize(
    ("amount", "count"), [("-12.50001", 1), ("12.5", 0), ("12.34560", 0), ("1E+2", 0), ("99999999999999.99991", 0)]
)
def test_amounts_that_the_table_rounds_are_counted(collected, amount, count):
    """COPY rounds to the column's four decimals and reports nothing."""
    record = economics()
    record["netProceeds"]["total"]["amount"] = Decimal(amount)
    collector = collected(ECONOMICS_DAILY, record)
    assert collector.signals == ({ROUNDED: count} if count else {})
    assert ROUNDED == "amounts with more than four decimals were rounded"


def test_if_all_records_were_rejected_no_set_counts_as_read(collected):
    """A field that Amazon renames makes all records unfit: that does not prove that any row is gone."""
    collector = collected(ECONOMICS_DAILY, economics(msku=None))
    (load,) = collector.loads([(STORE, DAY)])
    assert (load.whole_sets, load.fetched) == ((), 1)


@pytest.mark.parametrize(
    ("record", "read"),
    [
        (economics(msku=None), [OTHER_DAY]),
        (economics(msku=7), [OTHER_DAY]),
        (economics(msku=None, startDate=None), []),
        ({}, []),
        (economics(msku="SKU-2", fees=[{"charges": "?"}]), [DAY, OTHER_DAY]),
    ],
    ids=["without msku", "msku of another type", "without day", "nothing", "with its key"],
)
def test_nothing_is_deleted_from_a_set_that_an_unreadable_record_may_belong_to(collected, record, read):
    """An economics record without msku was rejected, and the known row that it was about was deleted all the same."""
    collector = collected(ECONOMICS_DAILY, economics(), record)
    (load,) = collector.loads([(STORE, DAY), (STORE, OTHER_DAY)])
    assert load.whole_sets == [(STORE, day) for day in read]
    assert load.signals == ({KEPT_SETS: 2 - len(read)} if len(read) < 2 else {})
    collector.restart()
    (load,) = collector.loads([(STORE, DAY)])
    assert load.whole_sets == [(STORE, DAY)]


def test_days_with_a_record_are_known_even_if_it_was_rejected(collected):
    assert collected(ECONOMICS_DAILY).main.days == set()
    for record in (economics(), economics(sales=[]), economics(sales="?")):
        assert collected(ECONOMICS_DAILY, record).main.days == {(STORE, DAY)}


def test_every_requested_set_counts_as_read_even_without_rows(collected):
    (load,) = collected(TRAFFIC_DAILY).loads([(STORE, DAY)])
    assert (load.whole_sets, load.fetched) == ([(STORE, DAY)], 0)


class ParcelRow(TypedDict):
    """A table whose records have lines."""

    marketplace_id: MarketplaceId
    parcel_id: Annotated[Id, "Its id."]
    packed_on: Annotated[date, "Its day."]
    weight: Annotated[Amount | None, "Its weight."]


class LineRow(TypedDict):
    """A line of a parcel."""

    marketplace_id: MarketplaceId
    parcel_id: Annotated[Id, "The parcel."]
    line: Annotated[Id, "Its number."]
    quantity: Annotated[Quantity, "Its units."]
    price: Annotated[Amount | None, "Its price."]


PARCELS = Table("parcels", ParcelRow, key=("marketplace_id", "parcel_id"), day="packed_on")
LINES = Table(
    "parcel_lines",
    LineRow,
    key=("marketplace_id", "parcel_id", "line"),
    day=None,
    replaced_by=("marketplace_id", "parcel_id"),
)


def parcel(name, *quantities, **fields):
    return {"id": name, "quantities": quantities or (1,), "weight": "1.5", "price": "2.25", **fields}


def parse_parcel(record):
    if record["id"] == "unfit":
        raise Unfit("it weighs less than nothing")
    row = {"marketplace_id": STORE, "parcel_id": record["id"], "packed_on": DAY, "weight": record["weight"]}
    lines = [
        {
            "marketplace_id": STORE,
            "parcel_id": record["id"],
            "line": str(number),
            "quantity": quantity,
            "price": record["price"],
        }
        for number, quantity in enumerate(record["quantities"], start=1)
    ]
    return [row], lines


@pytest.fixture
def parcels(open_collector):
    return open_collector([PARCELS, LINES], parse_parcel, lambda record: {"parcel_id": record.get("id")})


def spooled(part):
    """The cells of a table's rows, as COPY reads them."""
    text = b"".join(part.spool.blocks()).decode()
    return [line.split("\t") for line in text.splitlines()]


def numbers(collector):
    """Fetched, spooled and rejected, by table."""
    return [(part.fetched, len(part.spool), len(part.rejects)) for part in collector.parts]


def test_a_bad_line_rejects_its_record_with_all_lines_and_no_other_record(parcels):
    parcels.add([parcel("A", 1, 2), parcel("B", 3, "many", 5), parcel("C", 6)])
    assert numbers(parcels) == [(3, 2, 1), (6, 3, 3)]
    (reject,) = parcels.main.rejects
    assert reject.record == parcel("B", 3, "many", 5)
    assert reject.reason.startswith("parcel_lines: quantity: Input should be a valid integer")
    assert (reject.record_key, reject.marketplace_id) == ("B", STORE)
    for line in parcels.parts[1].rejects:
        assert line.reason.startswith("its parcels row was refused: parcel_lines: quantity")
        assert (line.record_key, line.record["parcel_id"], line.marketplace_id) == ("B", "B", STORE)
    assert [line[1] for line in spooled(parcels.parts[1])] == ["A", "A", "C"]


def test_a_bad_record_takes_its_good_lines_with_it(parcels):
    parcels.add([parcel("A", weight="heavy"), parcel("B", 1)])
    assert numbers(parcels) == [(2, 1, 1), (2, 1, 1)]
    assert parcels.main.rejects[0].reason.startswith("weight: Input should be a valid decimal")


def test_reasons_of_a_record_and_of_its_lines_come_together(parcels):
    parcels.add([parcel("A", "x", weight="heavy")])
    (reject,) = parcels.main.rejects
    assert [reason.split(":")[0] for reason in reject.reason.split("; ")] == ["weight", "parcel_lines"]


def test_a_record_that_cannot_be_parsed_counts_for_the_first_table_alone(parcels):
    parcels.add([parcel("unfit", 1), {"no": "shape"}, parcel("A", 1)])
    assert numbers(parcels) == [(3, 1, 2), (1, 1, 0)]
    assert [(reject.reason, reject.record_key) for reject in parcels.main.rejects] == [
        ("it weighs less than nothing", None),
        ("it does not have the documented structure (KeyError)", None),
    ], "the key is not known without the marketplace"


def test_no_reason_quotes_a_value(parcels):
    parcels.add([parcel("A", "secret-7", weight="secret-8")])
    assert all("secret" not in reject.reason for part in parcels.parts for reject in part.rejects)


def test_records_of_several_chunks_are_kept_and_a_bad_one_spoils_only_itself(parcels):
    records = [parcel(str(number), 1) for number in range(CHUNK + 10)]
    records[3] = parcel("3", "x")
    records[CHUNK + 5] = parcel(str(CHUNK + 5), "x")
    parcels.add(iter(records))
    assert numbers(parcels) == [(CHUNK + 10, CHUNK + 8, 2), (CHUNK + 10, CHUNK + 8, 2)]
    assert [reject.record_key for reject in parcels.main.rejects] == ["3", str(CHUNK + 5)]
    kept = [line[1] for line in spooled(parcels.main)]
    assert kept == [str(number) for number in range(CHUNK + 10) if number not in (3, CHUNK + 5)]


def test_after_a_restart_nothing_of_the_first_reading_is_left(parcels):
    parcels.add([None, parcel("A", 1, 2), parcel("B", "x"), parcel("C", weight="1.00001")])
    assert parcels.signals
    parcels.restart()
    assert (numbers(parcels), parcels.signals, parcels.main.days) == ([(0, 0, 0), (0, 0, 0)], {}, set())
    parcels.add([parcel("D", 1)])
    assert numbers(parcels) == [(1, 1, 0), (1, 1, 0)]
    assert [line[1] for line in spooled(parcels.main)] == ["D"]
    assert parcels.main.days == {(STORE, DAY)}


def test_rounded_amounts_of_every_table_are_counted_and_those_of_rejected_records_are_not(parcels):
    parcels.add([parcel("A", 1, 2, price="1.00001"), parcel("B", weight="2.00009"), parcel("C", "x", weight="3.00001")])
    assert parcels.signals == {ROUNDED: 3}


def test_an_amount_that_the_source_does_not_carry_is_not_counted(parcels):
    parcels.carry([("marketplace_id", "parcel_id", "packed_on"), LINES.columns])
    parcels.add([parcel("A", 1, weight="1.00001")])
    assert parcels.signals == {}
    assert spooled(parcels.main) == [[STORE, "A", str(DAY)]]
    assert [load.columns for load in parcels.loads()] == [("marketplace_id", "parcel_id", "packed_on"), LINES.columns]


def test_signals_stand_with_the_first_table_and_lines_belong_to_the_records_of_the_load(parcels):
    parcels.add([None, parcel("A", 1)])
    first, second = parcels.loads([(STORE,)])
    assert (first.signals, second.signals) == ({"null among records": 1}, {})
    assert (first.whole_sets, second.whole_sets) == ([(STORE,)], PARCELS)


class StockRow(TypedDict):
    """A table of the present state, as a snapshot reads it."""

    marketplace_id: MarketplaceId
    sku: Annotated[Id, "The SKU."]
    units: Annotated[Quantity, "Its units."]


STOCK = Table("stock", StockRow, key=("marketplace_id", "sku"), day=None)


@pytest.mark.parametrize("units", ["many", None])
def test_the_row_of_a_rejected_record_is_kept_where_a_marketplace_is_one_set(open_collector, units):
    """A complete reading deletes what did not arrive; a record that arrived and is bad is no proof that it is gone."""
    collector = open_collector(
        [STOCK],
        lambda record: ([{"marketplace_id": STORE, "sku": record["sku"], "units": record["units"] + 0}],),
        lambda record: {"marketplace_id": STORE, "sku": record["sku"]},
    )
    collector.add([{"sku": "A", "units": 1}, {"sku": "B", "units": units}, {"sku": "C", "units": 10**12}])
    (load,) = collector.loads([(STORE,)])
    assert load.whole_sets == [(STORE,)]
    assert load.kept == [(STORE, "B"), (STORE, "C")]


def collected_lines(open_collector, *records):
    """A collector of parcels that knows no key of a torn record, but perhaps a few that it may have."""

    def parse(record):
        if "torn" in record:
            raise Unfit("it is torn", may_be=record["torn"])
        return ([parse_parcel(record)[0][0]],)

    collector = open_collector([PARCELS], parse)
    collector.add(records)
    return collector


def test_rows_that_an_unreadable_record_may_be_about_are_kept(open_collector):
    torn = {"torn": [{"marketplace_id": STORE, "parcel_id": cell} for cell in ("A", "nonsense", "\x07")]}
    collector = collected_lines(open_collector, parcel("B"), torn)
    (load,) = collector.loads([(STORE,)])
    assert (load.whole_sets, load.kept) == ([(STORE,)], [(STORE, "A"), (STORE, "nonsense")])
    (reject,) = load.rejects
    assert (reject.record, reject.record_key, reject.marketplace_id) == (torn, None, STORE)


def test_a_record_that_may_be_any_row_lets_the_load_delete_nothing_until_the_source_starts_again(open_collector):
    collector = collected_lines(open_collector, parcel("B"), {"torn": None})
    (load,) = collector.loads([(STORE,)])
    assert (list(load.whole_sets), load.fetched, len(load.rejects)) == ([], 2, 1)
    collector.restart()
    collector.add([parcel("B")])
    (load,) = collector.loads([(STORE,)])
    assert load.whole_sets == [(STORE,)]


def test_rows_of_one_load_have_the_same_columns(open_collector):
    collector = collected_lines(open_collector, parcel("B"))
    with pytest.raises(ValueError, match="parcels: records with other columns were collected before"):
        collector.carry([("marketplace_id", "parcel_id", "packed_on")])
    collector.carry([PARCELS.columns])
