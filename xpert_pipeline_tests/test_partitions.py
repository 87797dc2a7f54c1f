"""Partition keys are grouped by seller ; run tags name days and sellers."""

from datetime import date

from xpert_pipeline.partitions import (
    days_by_seller,
    days_of_run,
    partition_key,
    range_tags,
    sellers_of_run,
)

D = [date(2026, 11, day) for day in range(1, 31)]


def test_a_run_over_two_sellers_is_split_by_seller_with_ascending_days():
    keys = [partition_key(D[2], "B"), partition_key(D[0], "A"), partition_key(D[1], "B")]
    assert days_by_seller(keys) == {"A": (D[0],), "B": (D[1], D[2])}


def test_days_and_seller_can_be_read_back_from_range_tags():
    tags = range_tags([D[0], D[3]], "A1")
    assert days_of_run(tags) == D[:4]
    assert sellers_of_run(tags) == ["A1"]
    assert tags["seller"] == "A1"


def test_a_run_without_partitions_has_no_sellers_and_no_days():
    assert sellers_of_run({"dagster/partition": "2026-11-01"}) == []
    assert days_of_run({}) == []


def test_a_range_over_three_sellers_includes_the_middle_one():
    tags = {"dagster/asset_partition_range_start": "2026-11-01|C", "dagster/asset_partition_range_end": "2026-11-02|B"}
    assert sellers_of_run(tags, ["C", "A", "B", "D"]) == ["A", "B", "C"]
    assert sellers_of_run(tags) == ["B", "C"]


def test_people_read_the_sellers_name_and_the_days_in_the_tags_of_a_run():
    """The tags of a run said only a process id and a host."""
    tags = range_tags(D[:5], "A1", "Test Books")
    assert (tags["seller_name"], tags["days"]) == ("Test Books", "2026-11-01 to 2026-11-05")
    assert "seller_name" not in range_tags(D[:5], "A1", "A1"), "a name that says nothing"
