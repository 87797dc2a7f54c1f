"""The books of a seller, which the tests of tiles and of the page write by hand."""

import pytest

from xpert_pipeline_tests.assets.finance.books import Books


@pytest.fixture
def books(pool, seller):
    return Books(pool, seller)
