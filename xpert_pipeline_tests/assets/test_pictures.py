"""The pictures that the tables of the registry declare: each is drawn at the end of a sync."""

import re

import pytest
from PIL import ImageStat

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.images import image_of

pytestmark = pytest.mark.filterwarnings(DAGSTERS_OWN)
DECLARED = [picture for source in SOURCES for picture in source.pictures]


def test_the_newest_day_of_a_table_shows_every_picture_that_is_declared(loaded):
    assert DECLARED
    assert loaded.pictures.keys() == {picture.table.name for picture in DECLARED}
    for picture in DECLARED:
        found = re.fullmatch(r"!\[(.*)\]\((data:image/png;base64,[^)]+)\)", loaded.pictures[picture.table.name])
        assert found, picture.title
        assert found[1] == f"{picture.title}, Amazon.in"
        image = image_of(found[2])
        assert image.size == (800, 260)
        plot = image.convert("L").crop((90, 40, 780, 200))
        assert ImageStat.Stat(plot).stddev[0] > 5, f"{picture.title}: nothing is drawn"


def test_pictures_are_small_because_every_run_keeps_them(loaded):
    assert max(map(len, loaded.pictures.values())) < 20_000
