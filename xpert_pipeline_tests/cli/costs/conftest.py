"""The command `xpert costs` on a database with two SKUs of one seller."""

import json
import os
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main
from xpert_pipeline.postgres.pool import Pool, open_pool
from xpert_pipeline.postgres.purge import purge_seller
from xpert_pipeline.postgres.sellers import Seller, SellerBook
from xpert_pipeline_tests.cli.db.conftest import environment
from xpert_pipeline_tests.conftest import KEY, MARKETPLACE, drop_database
from xpert_pipeline_tests.postgres.rows import product, products, run_load


@dataclass
class Costs:
    """Runs `xpert costs` in this process."""

    pool: Pool
    dsn: str
    seller: Seller

    def __call__(self, *words, code=0):
        before = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(environment(DATABASE_URL=self.dsn))
            done = CliRunner().invoke(main, ["costs", *map(str, words)])
        finally:
            os.environ.clear()
            os.environ.update(before)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    def json(self, *words, code=0):
        return json.loads(self(*words, "--json", code=code).stdout)

    def timeline(self, sku, marketplace=None):
        """First day, last day and cost of a SKU, as texts."""
        listed = self.json("list", "--sku", sku)["costs"]
        return [
            (row["valid_from"], row["valid_to"], row["unit_cost"])
            for row in listed
            if row["marketplace"] == marketplace
        ]


@pytest.fixture(scope="module")
def database_of_costs(new_database, embedded_server):
    admin_dsn, dsn = new_database()
    yield dsn
    drop_database(admin_dsn, embedded_server)


@pytest.fixture(scope="module")
def shared_costs(database_of_costs):
    with open_pool(database_of_costs) as pool:
        seller = SellerBook(pool, KEY).add(
            "A1COSTS", name="Costs", region="eu", marketplace_ids=[MARKETPLACE], timezone="Asia/Kolkata"
        )
        run_load(pool, seller, products(product("A", item_name="=Kurta"), product("=B", item_name="Mask, blue")))
        yield Costs(pool, database_of_costs, seller)


@pytest.fixture
def costs(shared_costs):
    """No cost is known at the start of a test."""
    with shared_costs.pool.connection() as conn, conn.transaction():
        conn.execute("select set_config('app.seller_id', %s, true)", [str(shared_costs.seller.id)])
        conn.execute("delete from product_costs")
    return shared_costs


@pytest.fixture
def other_of_costs(costs):
    """A second seller."""
    other = SellerBook(costs.pool, KEY).add(
        "A2COSTS", name="Other", region="eu", marketplace_ids=[MARKETPLACE], timezone="Asia/Kolkata"
    )
    yield other
    purge_seller(costs.pool, other.id)
