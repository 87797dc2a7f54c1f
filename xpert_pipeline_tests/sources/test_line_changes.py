"""Lines of flat files before anything sees them: without people's words, and each with a key of its own."""

import io

from xpert_pipeline.sources.line_changes import Keyed, Without
from xpert_pipeline.spapi.documents.flat_files import FlatColumn, read_rows

KEYED = Keyed("key", ids=("order", "sku", "plate"), unique="plate", content=("reason",))


def line(order, plate, reason="DEFECTIVE", **more):
    return {"order": order, "sku": "A", "plate": plate, "reason": reason, **more}


def keys(*lines):
    return [changed["key"] for changed in KEYED.apply(iter(lines))]


def test_a_line_with_an_id_of_its_own_has_the_same_key_whatever_else_changes():
    first, later = keys(line("1", "LPN1", status="new"), line("1", "LPN1 ", reason="OTHER", status="done"))
    assert first == later == "1|A|LPN1"


def test_identical_lines_without_an_id_have_keys_of_their_own_in_any_order():
    some = (line("1", ""), line("2", ""), line("1", " "), line("1", "", reason="OTHER"))
    assert len(set(keys(*some))) == 4
    assert sorted(keys(*some)) == sorted(keys(*reversed(some)))
    assert all(key.startswith(("1|A|", "2|A|")) for key in keys(*some))


def test_what_may_change_with_time_is_not_part_of_a_key():
    assert keys(line("1", "", status="new")) == keys(line("1", "", status="done"))


def test_a_missing_id_at_the_end_leaves_no_trace_in_the_key():
    keyed = Keyed("key", ids=("plate", "order", "item"), unique="plate")
    (changed,) = keyed.apply(iter([{"plate": "P", "order": "1"}]))
    assert changed["key"] == "P|1"


def test_words_are_removed_in_any_spelling_and_of_a_broken_line_nothing_is_kept():
    text = "order\tCustomer Comments\n1\tcall me\n2\tcall\tme\n3\n"
    change = Without(("customer-comments",))
    columns = ["order", *(FlatColumn(name, is_optional=True) for name in change.reads)]
    lines = list(change.apply(read_rows(io.StringIO(text), columns, report="R")))
    assert lines == [
        {"order": "1"},
        {"": "3 cells not kept, because a person's own words may be among them"},
        {"": "1 cells not kept, because a person's own words may be among them"},
    ]
    assert list(KEYED.apply(iter(lines[1:]))) == lines[1:], "a broken line has no key"
