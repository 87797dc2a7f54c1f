"""Files of costs as sellers have them: every line is a cost or is told with the reason, and no line spoils another."""

from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.cli.costs.cost_file import NotACostFile, read_file
from xpert_pipeline.cli.costs.cost_rows import Given, read_rows, warn_of_unknown
from xpert_pipeline.spapi.marketplaces import MARKETPLACES

PLACES = {marketplace.country: marketplace.id for marketplace in MARKETPLACES}
IN = PLACES["IN"]
MAY = date(2026, 5, 1)
GOOD = "GOOD-1,538.50"


@pytest.fixture
def read(tmp_path):
    """Read a text or bytes as a file of costs."""

    def run(content, named=None, **given):
        path = tmp_path / "costs.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        options = {"marketplaces": (IN,), "first_day": MAY} | given
        return read_rows(read_file(path, named or {}), Given(**options))

    return run


def costs_of(read):
    return {cost.sku: cost.unit_cost for cost in read.costs}


def reasons(notes):
    return {note.line: note.text for note in notes}


def test_a_row_has_its_values_and_options_fill_in_what_is_empty(read):
    done = read(
        "SKU,Title,Unit Cost,Currency,Valid From,Valid To,Marketplace,Cost of\n"
        "A-1,x,435.78,USD,2026-04-01,2026-04-30,Amazon.in,landed\n"
        "A-2,x,12,,,,,\n"
        "A-3,x,13,,,,all,\n",
        marketplace_id=IN,
        currency="EUR",
        cost_of="factory price",
    )
    first, second, third = done.costs
    assert first.key == ("A-1", IN, date(2026, 4, 1))
    assert (first.stated_to, first.unit_cost, first.currency) == (date(2026, 4, 30), Decimal("435.78"), "USD")
    assert (first.cost_of, first.source_file, first.source_line) == ("landed", "costs.csv", 2)
    assert second.key == ("A-2", IN, MAY)
    assert (second.currency, second.cost_of, second.stated_to) == ("EUR", "factory price", None)
    assert third.marketplace_id is None


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("538", "538"),
        ('"1,234.50"', "1234.50"),
        ('"1,00,000.00"', "100000"),
        ("Rs. 300", "300"),
        ("Rs.300/-", "300"),
        ("₹ 1 234.5", "1234.5"),
        ("INR 300", "300"),
        ("300 INR", "300"),
        ("+12.5", "12.5"),
        (" .5 ", "0.5"),
        ("319.95000000000005", "319.95"),
    ],
)
def test_an_amount_may_be_written_in_many_ways(read, cell, amount):
    done = read(f"sku,cost\nX,{cell}\n{GOOD}\n")
    assert costs_of(done) == {"X": Decimal(amount), "GOOD-1": Decimal("538.5")}
    assert {cost.currency for cost in done.costs} == {"INR"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("X,-5", "the cost '-5' is negative"),
        ("X,(5.00)", "the cost '(5.00)' is negative"),
        ("X,Nill", "the cost 'Nill' is not a number"),
        ("X,#VALUE!", "the cost '#VALUE!' is not a number"),
        ("X,nan", "the cost 'nan' is not a number"),
        ("X,5.38E+02", "the cost '5.38E+02' is not a number"),
        ("X,300 pcs", "the cost '300 pcs' is not a number with a currency"),
        ("X,about 300", "the cost 'about 300' is not a number with a currency"),
        ("X,12 34", "the cost '12 34' is not a number"),
        ('X,"12,34.50"', "the cost '12,34.50' is not a number"),
        ('X,"395,00"', "the cost '395,00' has not the decimal sign '.' of the others"),
        ("X,9999999999999", "the cost '9999999999999' is too large"),
        ("X,₹ €5", "the cost '₹ €5' is not a number"),
        (",5", "the line has a cost but no SKU"),
        ("#REF!,5", "the SKU '#REF!' is an error of a spreadsheet program"),
        ("X,1,234.50", "the line has 3 cells, and the header has 2"),
        ("X", "the line has 1 cells, and the header has 2"),
        ('"X,5', "a quotation mark is not closed"),
    ],
)
def test_a_bad_line_is_told_and_the_lines_around_it_are_kept(read, line, reason):
    done = read(f"sku,cost\n{GOOD}\n{line}\nGOOD-2,1.5\nGOOD-3,2.5\n")
    assert costs_of(done) == {"GOOD-1": Decimal("538.5"), "GOOD-2": Decimal("1.5"), "GOOD-3": Decimal("2.5")}
    (note,) = done.refused
    assert note.line == 3
    assert note.text.startswith(reason)


def test_empty_costs_are_left_out_and_a_zero_is_doubted(read):
    done = read(f"sku,cost\nA,\nB,  \n\n,\nC,0\n{GOOD}\n")
    assert done.empty == [2, 3]
    assert costs_of(done) == {"C": 0, "GOOD-1": Decimal("538.5")}
    assert reasons(done.warnings) == {6: "the cost is 0: leave it empty if it is not known"}
    assert done.refused == []


def test_amounts_that_can_be_read_in_two_ways_need_the_others_or_the_option(read):
    """ "1,234" is above a thousand in one file and one and a quarter in another."""
    open_one = 'sku,cost\nA,"1,234"\nB,12\n'
    assert reasons(read(open_one).refused) == {
        2: "nothing tells whether '1,234' has decimals or is in thousands: give --decimal"
    }
    assert costs_of(read(open_one, decimal="."))["A"] == 1234
    assert costs_of(read(open_one, decimal=","))["A"] == Decimal("1.234")
    assert costs_of(read(open_one + "C,1.50\n"))["A"] == 1234
    assert costs_of(read('sku;cost\nA;1.234\nC;"1,50"\n')) == {"A": 1234, "C": Decimal("1.5")}
    torn = read('sku,cost\nA,1.50\nB,"2,50"\nC,3\n')
    assert costs_of(torn) == {"C": 3}
    assert "give --decimal" in reasons(torn.refused)[2]


def test_days_may_be_written_in_many_ways(read):
    written = {
        "A": "2026-04-02", "B": "02.04.2026", "C": "2-Apr-2026", "D": "2 Apr 26", "E": "13/04/2026", "F": "02/04/2026",
        "G": "05/05/2026",
    }  # fmt: skip
    done = read("sku,cost,from\n" + "".join(f"{sku},5,{day}\n" for sku, day in written.items()))
    second = date(2026, 4, 2)
    assert {cost.sku: cost.valid_from for cost in done.costs} == {
        **dict.fromkeys("ABCDF", second), "E": date(2026, 4, 13), "G": date(2026, 5, 5),
    }  # fmt: skip


def test_bad_days_are_told_and_no_day_is_guessed(read):
    rows = (
        "A,5,02/04/2026,\nB,5,soon,\nC,5,2026-02-30,\nD,5,45748,\nE,5,2026-05-02,2026-05-01\nF,5,1899-12-31,\nG,5,,\n"
    )
    done = read(f"sku,cost,from,to\n{rows}H,5,2028-02-29,\n", first_day=None)
    assert reasons(done.refused) == {
        2: "nothing tells whether valid_from '02/04/2026' begins with the day: give --dates",
        3: "valid_from 'soon' is not a day such as 2026-11-30",
        4: "valid_from '2026-02-30' is not a day such as 2026-11-30",
        5: "valid_from '45748' is not a day such as 2026-11-30",
        6: "valid_to 2026-05-01 is before valid_from 2026-05-02",
        7: "valid_from '1899-12-31' is not between 2000-01-01 and 2999-12-31",
        8: "the line has no valid_from: fill it in, or give --from",
    }
    assert [cost.valid_from for cost in done.costs] == [date(2028, 2, 29)]
    for order, day in (("day first", date(2026, 4, 2)), ("month first", date(2026, 2, 4))):
        assert read(f"sku,cost,from,to\n{rows}", first_day=None, order=order).costs[0].valid_from == day


def test_lines_that_repeat_count_once_and_lines_that_contradict_each_other_do_not_count(read):
    done = read(f"sku,cost\nA,5\n{GOOD}\nA,5.00\nB,5\nB,6\n")
    assert costs_of(done) == {"A": 5, "GOOD-1": Decimal("538.5")}
    assert done.repeated == [4]
    text = "lines 5, 6 contradict each other: the same SKU, marketplace and first day"
    assert reasons(done.refused) == {5: text, 6: text}


def test_a_last_day_after_the_next_cost_is_told(read):
    done = read("sku,cost,from,to\nA,5,2026-01-01,2026-06-30\nA,6,2026-04-01,\n")
    assert len(done.costs) == 2
    assert reasons(done.warnings) == {2: "valid_to 2026-06-30 is cut by a later line that begins on 2026-04-01"}


def test_currencies_are_kept_as_they_are_and_never_mixed_up(read):
    two = {"marketplaces": (PLACES["DE"], PLACES["GB"])}
    done = read(
        "sku,cost,currency,marketplace\nA,5,,\nB,5,,DE\nC,£5,,\nD,$5,EUR,\nE,5,Rs,\nF,5,rupees,\nG,5,EUR,FR\n", **two
    )
    assert {cost.sku: cost.currency for cost in done.costs} == {"B": "EUR", "C": "GBP", "E": "INR", "G": "EUR"}
    assert reasons(done.refused) == {
        2: "nothing tells which currency it is (EUR, GBP): give --currency",
        5: "the line names two currencies: USD or CAD or AUD or MXN or SGD, and EUR",
        7: "'rupees' is not a currency: write a code, such as INR",
    }
    assert reasons(done.warnings) == {
        4: "the cost is in GBP, not in the currency of DE (EUR)",
        6: "the cost is in INR, not in the currency of DE (EUR), GB (GBP)",
        8: "the seller has no marketplace FR",
    }
    assert reasons(read("sku,cost\nA,€5\n").warnings) == {2: "the cost is in EUR, not in the currency of IN (INR)"}
    assert read("sku,Cost (USD)\nA,5\n").costs[0].currency == "USD"
    assert read("sku,cost\nA,$5\n", marketplaces=(PLACES["CA"],)).costs[0].currency == "CAD"


def test_a_marketplace_that_does_not_exist_is_told(read):
    done = read('sku,cost,store\nA,5,XX\nB,5,"IN,US"\nC,5,in\n')
    assert list(reasons(done.refused)) == [2, 3]
    assert [cost.marketplace_id for cost in done.costs] == [IN]


@pytest.mark.parametrize(
    "header",
    ["Sku,TP", " SELLER_SKU , Cost Price ", "seller-sku,COGS", "Merchant SKU,Landed cost (INR)", '"SKU Code","cost"'],
)
def test_a_header_may_be_spelled_in_many_ways(read, header):
    assert costs_of(read(f"{header}\nA,5\n")) == {"A": 5}


def test_several_or_no_columns_of_costs_need_the_option(read):
    text = " Sku , TP 1 , TP 2\n A , 538 , 435.78 \n"
    with pytest.raises(NotACostFile, match=r"no column that is known to be the cost. Its columns are 'Sku', 'TP 1'"):
        read(text)
    done = read(text, {"cost": "TP 1"})
    assert costs_of(done) == {"A": 538}
    assert done.costs[0].cost_of == "TP 1"
    with pytest.raises(NotACostFile, match="'Cost' and 'COGS' could both be the cost: name one of them with --cost"):
        read("sku,Cost,COGS\nA,1,2\n")
    with pytest.raises(NotACostFile, match="no column 'Price'"):
        read("sku,Cost\nA,1\n", {"cost": "Price"})
    with pytest.raises(NotACostFile, match="--sku-column"):
        read("Item,Cost\nA,1\n")


@pytest.mark.parametrize(
    "content",
    [
        "sku,title,cost\nX,Größe,5\n".encode("utf-8-sig"),
        "sku,title,cost\nX,Größe,5\n".encode("utf-16"),
        "sku,title,cost\r\nX,Größe,5\r\n".encode("cp1252"),
        "Costs of May;;\n;;\nsku;title;cost\nX;Größe;5\n",
        "sep=;\nsku;title;cost\nX;Größe;5\n",
        "sku\ttitle\tcost\rX\tGröße\t5\r",
        'sku,title,cost\nX,"two\nlines, ""quoted""",5\n',
        'sku,title,cost\nX,12" wide,5\n',
    ],
)
def test_charsets_delimiters_titles_and_line_ends_of_many_programs_are_read(read, content):
    assert costs_of(read(content)) == {"X": 5}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel workbook"),
        (b"<html><table><tr><td>sku", "web page"),
        (b"\x1f\x8brest", "compressed"),
        (b"", "empty"),
        (b"\xef\xbb\xbf \n\n", "empty"),
        ("sku,cost\nA,1\n".encode("utf-16-le"), "not text"),
    ],
)
def test_another_kind_of_file_named_csv_is_refused_with_what_to_do(read, content, reason):
    with pytest.raises(NotACostFile, match=reason):
        read(content)


def test_a_damaged_sku_is_told(read):
    done = read(b"sku,cost\nGR\xc3\x96SSE,4\nGR\xd6SSE,5\nA\x07B,6\n")
    assert costs_of(done) == {"GRÖSSE": 4}
    assert all("save the file as UTF-8" in note.text for note in done.refused)
    assert [note.line for note in done.refused] == [3, 4]
    assert all(note.text.isprintable() for note in done.refused)


def test_names_of_files_and_columns_cannot_play_with_the_terminal(tmp_path):
    path = tmp_path / "co\x1b[31msts.csv"
    path.write_text("sku,co\x1bst,cost of\nA,5,fac\x07tory\nB,5,\n")
    done = read_rows(read_file(path, {"cost": "co\x1bst"}), Given((IN,), first_day=MAY))
    assert {(cost.source_file, cost.cost_of) for cost in done.costs} == {
        ("co\ufffd[31msts.csv", "fac\ufffdtory"), ("co\ufffd[31msts.csv", "co\ufffdst"),
    }  # fmt: skip


def test_an_unknown_sku_is_kept_with_a_warning_and_the_sku_that_may_be_meant(read):
    done = read("sku,cost\n0012,5\n'=A1,5\n12,5\nos1_l,5\nNEW,5\n")
    warn_of_unknown(done, {"0012", "=A1", "Os1_L"})
    assert len(done.costs) == 5
    assert reasons(done.warnings) == {
        4: "no listing and no order has this SKU: is '0012' meant?",
        5: "no listing and no order has this SKU: is 'Os1_L' meant?",
        6: "no listing and no order has this SKU",
    }
