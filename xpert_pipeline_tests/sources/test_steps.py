"""The step of a source in Dagster: each seller's work, its numbers and states, and what a failure leaves untouched."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import dagster as dg
import pytest

from xpert_pipeline.assets.catalog.products import PRODUCTS
from xpert_pipeline.events import day_reports
from xpert_pipeline.postgres.ledger import LoadWindow
from xpert_pipeline.sources.collect import collecting
from xpert_pipeline.sources.day_figures import ROWS
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.errors import BadRequest, NotGranted, ReauthRequired
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.amazon import ScriptedSandbox
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]
ONE, OTHER = "A1TESTSELLER", "A2OTHERSELLER"


def nothing(_run):
    """Load nothing."""


@dataclass(frozen=True, kw_only=True)
class Scripted(Source):
    """A source that does what a test says.

    Attributes:
        work: What `sync` does.
        seen: The runs that came.
    """

    work: Callable = nothing
    seen: list = field(default_factory=list, compare=False)

    @property
    def tables(self):
        return (PRODUCTS,)

    def prepare(self, run):
        return run.refetch

    def sync(self, run, prepared):
        self.seen.append((run.who, prepared, run.refetch))
        self.work(run)

    def plan(self, _run, _levels):
        return []


@pytest.fixture
def scripted(empty_pipeline, amazon):
    """Makes a pipeline whose only source does what a test says, for sellers with stores in three countries."""

    def make(work=nothing, sellers=(ONE,), marketplaces=(INDIA, GERMANY, BRITAIN)):
        source = Scripted(group="catalog", roles=("Product Listing",), work=work)
        empty_pipeline.sources = (source,)
        sandbox = ScriptedSandbox(amazon)
        sandbox.state.worlds = dict.fromkeys(sellers)
        empty_pipeline.serve(sandbox, onboard=False)
        for seller in sellers:
            empty_pipeline.add_seller(seller, f"Atzr|{seller}", marketplaces=marketplaces)
        empty_pipeline.seen = source.seen
        return empty_pipeline

    return make


def run(pipeline, **options):
    return pipeline.run(days=[pipeline.today], **options)


def load_one_row(run, market):
    """Load a listing of a marketplace."""
    row = dict.fromkeys(PRODUCTS.columns) | {"marketplace_id": market.id, "sku": f"SKU-{market.place.country}"}
    with (
        run.lease("products") as lease,
        collecting(run.spool, [PRODUCTS], lambda record: ([record],)) as (_, collector),
    ):
        collector.add([row])
        now = run.client().server_now()
        run.load(
            lease,
            source="a test",
            window=LoadWindow("snapshot", now, now),
            parts=collector.loads(),
            markets=[market],
            began=now,
            partitions=[run.days[-1]],
        )


def metadata(pipeline, outcome):
    """What the only report of the table says."""
    (only,) = day_reports(pipeline.instance, outcome.run_id)
    return {name: value.value for name, value in only.metadata.items()}


def materialized(pipeline, table="products"):
    """The partitions that Dagster shows as materialized."""
    return pipeline.instance.get_materialized_partitions(dg.AssetKey(table))


def test_each_marketplace_has_a_state_and_the_partition_has_the_best_of_them(scripted):
    def work(run):
        india, germany, britain = run.markets
        load_one_row(run, india)
        run.outcome("products").no_history(germany.id, run.days[-1].replace(year=run.days[-1].year + 1))
        run.outcome("products").not_granted("the role is missing there", britain.id)

    pipeline = scripted(work)
    done = run(pipeline)
    assert (done.success, done.states) == (True, {"products": "ok"})
    facts = metadata(pipeline, done)
    assert facts["states_by_marketplace"] == {INDIA: "ok", GERMANY: "no_history", BRITAIN: "not_granted"}
    assert (facts["state"], facts["this_run"]["inserted"], facts["reason"]) == ("ok", 1, "the role is missing there")
    assert facts[ROWS] == 1


def test_rows_in_one_marketplace_and_lacking_days_in_another_are_incomplete(scripted):
    def work(run):
        load_one_row(run, run.markets[0])
        run.skip(["products"], run.markets[1], run.days, "Germany's report is not ready")

    pipeline = scripted(work)
    done = run(pipeline)
    assert done.states == {"products": "incomplete"}
    facts = metadata(pipeline, done)
    assert facts["states_by_marketplace"] == {INDIA: "ok", GERMANY: "skipped", BRITAIN: "empty"}
    assert facts["reason"] == "Germany's report is not ready"


def test_a_seller_with_one_marketplace_has_no_states_by_marketplace(scripted):
    pipeline = scripted(lambda run: load_one_row(run, run.markets[0]), marketplaces=(INDIA,))
    facts = metadata(pipeline, run(pipeline))
    assert "states_by_marketplace" not in facts
    assert (facts["state"], facts["this_run"]["fetched"]) == ("ok", 1)


def test_a_source_that_amazon_does_not_grant_is_not_granted_everywhere_and_the_step_succeeds(scripted):
    def work(run):
        raise NotGranted("the role Product Listing is missing", operation="searchListingsItems", seller=run.who)

    pipeline = scripted(work)
    done = run(pipeline)
    assert (done.success, done.states) == (True, {"products": "not_granted"})
    assert "the role Product Listing is missing" in done.reasons["products"]
    facts = metadata(pipeline, done)
    assert set(facts["states_by_marketplace"].values()) == {"not_granted"}
    assert ROWS not in facts, "how many rows there are is not known: 0 would be invented"


def test_what_amazon_does_not_grant_is_not_materialized_and_said_once_for_all_days(scripted):
    """A role was denied, and 30 partitions turned green without a row."""

    def work(run):
        if run.who == ONE:
            raise NotGranted("the role Product Listing is missing", operation="searchListingsItems", seller=run.who)
        load_one_row(run, run.markets[0])

    pipeline = scripted(work, sellers=(ONE, OTHER), marketplaces=(INDIA,))
    days = [pipeline.today - timedelta(days=1), pipeline.today]
    done = pipeline.run(sellers=[ONE, OTHER], days=days)
    assert done.success
    assert materialized(pipeline) == {f"{day}|{OTHER}" for day in days}
    refused = [told for told in day_reports(pipeline.instance, done.run_id) if told.partition.endswith(ONE)]
    assert [(type(told), told.metadata["state"].value) for told in refused] == [(dg.AssetObservation, "not_granted")]
    ((kind, table, error, needs_a_person, *_),) = pipeline.facts(seller=ONE)
    assert (kind, table, needs_a_person) == ("sync.not_granted", "products", True)
    assert "the role Product Listing is missing" in error


def test_a_day_without_news_is_up_to_date_and_still_tells_its_rows(scripted):
    """The second sync turned every full day into "fetched 0, state empty"."""

    def work(run):
        if len(pipeline.seen) == 1:
            load_one_row(run, run.markets[0])

    pipeline = scripted(work, marketplaces=(INDIA,))
    first = metadata(pipeline, run(pipeline))
    again = run(pipeline)
    assert again.states == {"products": "up_to_date"}
    facts = metadata(pipeline, again)
    assert (facts["state"], facts[ROWS]) == ("up_to_date", first[ROWS]) == ("up_to_date", 1)
    assert "this_run" not in facts


def test_the_days_of_a_run_are_reported_in_their_order(scripted):
    pipeline = scripted(marketplaces=(INDIA,))
    days = [pipeline.today - timedelta(days=n) for n in range(9, -1, -1)]
    done = pipeline.run(days=days)
    reported = [told.partition for told in day_reports(pipeline.instance, done.run_id)]
    assert reported == [f"{day}|{ONE}" for day in days]


def test_one_sellers_failure_leaves_the_other_sellers_unharmed_and_is_named(scripted):
    def work(run):
        if run.who == ONE:
            raise BadRequest("the window is too long", operation="getX", seller=run.who)
        load_one_row(run, run.markets[0])

    pipeline = scripted(work, sellers=(ONE, OTHER))
    failed = run(pipeline, sellers=[ONE, OTHER])
    assert not failed.success
    assert failed.error.startswith(f"BadRequest: seller {ONE}: ")
    assert "the window is too long" in failed.error
    assert OTHER not in failed.error
    assert [who for who, _, _ in pipeline.seen] == [ONE, OTHER]
    assert len(pipeline.rows("products", seller=OTHER)) == 1


def test_all_sellers_that_failed_are_named(scripted):
    def work(run):
        raise BadRequest(f"no window for {run.who}", operation="getX", seller=run.who)

    failed = run(scripted(work, sellers=(ONE, OTHER)), sellers=[ONE, OTHER])
    assert [f"seller {who}: " in failed.error for who in (ONE, OTHER)] == [True, True]


def test_a_seller_that_must_authorize_again_is_marked(scripted):
    def work(run):
        raise ReauthRequired("the refresh token was revoked", seller=run.who)

    pipeline = scripted(work)
    assert not run(pipeline).success
    seller = pipeline.book.get(ONE)
    assert seller.status == "reauth_required"
    assert "the refresh token was revoked" in seller.status_reason


def test_refetch_reaches_the_source_when_it_prepares_and_when_it_syncs(scripted):
    pipeline = scripted()
    run(pipeline)
    run(pipeline, refetch=True)
    assert pipeline.seen == [(ONE, False, False), (ONE, True, True)]


def test_a_run_without_rows_and_without_reasons_is_empty(scripted):
    pipeline = scripted()
    done = run(pipeline)
    assert (done.states, done.reasons) == ({"products": "empty"}, {})
    assert "reason" not in metadata(pipeline, done)
