"""Seller ids: a hash of the seed or of the file."""

import re

import pytest

from xpert_pipeline.sandbox.options import SandboxOptions
from xpert_pipeline.sandbox.world.identity import seller_ids, world_id
from xpert_pipeline.sandbox.world.orders_csv import NotAnOrderReportError
from xpert_pipeline.sandbox.world.worlds import EAGER_SELLERS, build_worlds


def test_an_id_looks_like_amazons_and_depends_only_on_the_seed():
    one = world_id(SandboxOptions(seed=1))
    assert re.fullmatch(r"A[A-Z0-9]{13}", one)
    assert world_id(SandboxOptions(seed=1, days=99, rate_scale=7, sellers=3, port=1)) == one
    assert world_id(SandboxOptions(seed=2)) != one


def test_another_size_is_another_world():
    ids = {world_id(SandboxOptions(**size)) for size in ({}, {"skus": 5}, {"orders_per_day": 5})}
    assert len(ids) == 3


def test_more_stores_are_the_same_seller():
    assert world_id(SandboxOptions(marketplaces=("A1PA6795UKMFR9", "A21TJRUUN4KGV"))) == world_id(SandboxOptions())


def test_an_id_of_a_file_is_a_hash_of_its_bytes(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("x")
    second.write_text("x")
    assert world_id(SandboxOptions(orders_csv=first)) == world_id(SandboxOptions(orders_csv=second, seed=9))
    second.write_text("y")
    assert world_id(SandboxOptions(orders_csv=first)) != world_id(SandboxOptions(orders_csv=second))
    assert world_id(SandboxOptions(orders_csv=first)) != world_id(SandboxOptions(orders_csv=first, stock_csv=second))
    with pytest.raises(NotAnOrderReportError, match=r"gone.csv cannot be read as a stock list"):
        world_id(SandboxOptions(orders_csv=first, stock_csv=tmp_path / "gone.csv"))
    with pytest.raises(NotAnOrderReportError, match=r"gone\.csv"):
        world_id(SandboxOptions(orders_csv=tmp_path / "gone.csv"))


def test_every_seller_has_its_own_world_of_another_size():
    options = SandboxOptions(sellers=3, days=3)
    worlds = list(build_worlds(options).values())
    assert [world.seller_id for world in worlds] == seller_ids(options)
    assert len({world.seller_id for world in worlds}) == 3
    sizes = [len(world.orders) for world in worlds]
    assert sizes[1] < sizes[0] < sizes[2]
    assert [len(world.listings) for world in worlds] == [200, 80, 400]


def test_the_worlds_of_many_sellers_are_built_when_they_are_first_needed():
    worlds = build_worlds(SandboxOptions(sellers=12, days=1, orders_per_day=2, skus=2))
    eager = list(worlds)[:EAGER_SELLERS]
    assert list(worlds.built) == eager
    last = list(worlds)[-1]
    assert last in worlds
    assert worlds.name(last) == "Sandbox seller 12"
    assert list(worlds.built) == eager
    world = worlds[last]
    assert (world.seller_id, world.name) == (last, worlds.name(last))
    assert worlds[last] is world
    assert list(worlds.built) == [*eager, last]
    with pytest.raises(KeyError):
        worlds["nobody"]
