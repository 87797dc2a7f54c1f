"""Facts about known products, asked for in batches: those that are due, and each failure alone once."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

import pytest
from typing_extensions import TypedDict

from xpert_pipeline.assets.catalog import products
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline.spapi.errors import BadRequest, Transient
from xpert_pipeline.spapi.operations.batch import Answer
from xpert_pipeline.spapi.operations.catalog import search_catalog_items
from xpert_pipeline.tables.contract import Table
from xpert_pipeline.tables.fields import Id, MarketplaceId, Quantity, Text
from xpert_pipeline_tests.faults.conftest import DAGSTERS_OWN
from xpert_pipeline_tests.sources.conftest import GERMANY, INDIA
from xpert_pipeline_tests.sources.throwaway import make_table

pytestmark = [pytest.mark.filterwarnings(DAGSTERS_OWN), pytest.mark.timeout(120)]


class CatalogFactRow(TypedDict):
    """A name of an ASIN in the catalogue."""

    marketplace_id: MarketplaceId
    asin: Annotated[Id, "The ASIN."]
    number: Annotated[Quantity, "Place among the names of the ASIN."]
    brand: Annotated[Text | None, "Its brand."]


CATALOG_FACTS = Table(
    "catalog_facts",
    CatalogFactRow,
    key=("marketplace_id", "asin", "number"),
    day=None,
    replaced_by=("marketplace_id", "asin"),
)
SUBJECTS = """
select asin as subject from products
where seller_id = %(seller_id)s and marketplace_id = %(marketplace_id)s
"""
BATCH = 8


@dataclass
class Catalogue:
    """Asks the sandbox's catalogue; some answers are changed by the test.

    Attributes:
        calls: Marketplace and ASINs of each call.
        failing: Subjects that fail, and how many more times.
        changed: Records of some subjects, in place of those that came.
        broken: Errors of all calls for a marketplace, or of one call by its number.
        refused: Subjects for which Amazon refuses every call that contains them.
    """

    calls: list = field(default_factory=list)
    failing: dict = field(default_factory=dict)
    changed: dict = field(default_factory=dict)
    broken: dict = field(default_factory=dict)
    refused: set = field(default_factory=set)

    def ask(self, api, marketplace_id, subjects):
        asins = [subject.name for subject in subjects]
        self.calls.append((marketplace_id, tuple(asins)))
        if error := self.broken.get(marketplace_id) or self.broken.get(len(self.calls)):
            raise error
        if self.refused & set(asins):
            raise BadRequest("invalid input", operation="searchCatalogItems")
        items = {item["asin"]: item for item in search_catalog_items(api, marketplace_id, asins)}
        return [self._answer(asin, items.get(asin)) for asin in asins]

    def _answer(self, asin, item):
        if self.failing.get(asin, 0) > 0:
            self.failing[asin] -= 1
            return Answer(asin, failed="internal error")
        return Answer(asin, self.changed.get(asin, [item] if item else []))

    @property
    def batches(self):
        return [len(asins) for _, asins in self.calls]


def parse(record, subject, market):
    number = record.get("number", 1)
    return {
        "marketplace_id": market.id,
        "asin": subject.name,
        "number": number,
        "brand": record.get("summaries", [{}])[0].get("brand"),
    }


@pytest.fixture
def catalogue():
    return Catalogue()


def lookup_of(catalogue):
    return BatchLookup(
        table=CATALOG_FACTS,
        group="catalog",
        roles=("Product Listing",),
        after=("products",),
        subjects=SUBJECTS,
        noun="ASIN",
        operation="searchCatalogItems",
        batch=BATCH,
        ask=catalogue.ask,
        parse=parse,
        every=timedelta(hours=24),
    )


@pytest.fixture
def facts(empty_pipeline, make_sandbox, admin, monkeypatch, catalogue):
    """A seller of 30 SKUs whose listings are loaded."""
    make_table(admin, monkeypatch, CATALOG_FACTS)
    empty_pipeline.sources = (products.SOURCE, lookup_of(catalogue))
    empty_pipeline.serve(make_sandbox(skus=30))
    assert empty_pipeline.run(tables=["products"], days=[empty_pipeline.today]).success
    return empty_pipeline


def look_up(pipeline, **options):
    return pipeline.run(tables=["catalog_facts"], days=[pipeline.today], **options)


def asins_of(pipeline):
    return sorted({row["asin"] for row in pipeline.rows("products")})


def loads(pipeline):
    rows = [load for load in pipeline.rows("loads") if load["table_name"] == "catalog_facts"]
    return sorted(rows, key=lambda load: load["finished_at"])


def names(pipeline):
    return {(row["asin"], row["number"]): row["brand"] for row in pipeline.rows("catalog_facts")}


def test_every_known_subject_is_asked_for_in_batches(facts, catalogue):
    done = look_up(facts)
    asins = asins_of(facts)
    assert (done.success, done.states, done.reasons) == (True, {"catalog_facts": "ok"}, {})
    assert catalogue.batches == [BATCH] * (len(asins) // BATCH) + [len(asins) % BATCH] * (len(asins) % BATCH > 0)
    assert sorted(asin for _, batch in catalogue.calls for asin in batch) == asins
    brands = {row["asin"]: row["brand"] for row in facts.rows("products")}
    assert names(facts) == {(asin, 1): brands[asin] for asin in asins}
    (load,) = loads(facts)
    assert (load["window_kind"], load["source"]) == ("partial", "searchCatalogItems")
    assert load["details"] == {"asked": len(asins), "answered": len(asins)}


def test_subjects_are_asked_for_again_when_their_answers_are_old(facts, catalogue, admin):
    look_up(facts)
    catalogue.calls.clear()
    assert look_up(facts).states == {"catalog_facts": "up_to_date"}
    assert catalogue.calls == []
    first, second, *_ = asins_of(facts)
    admin.execute("update lookups set answered_at = answered_at - interval '25 hours' where subject = %s", [second])
    admin.execute("update lookups set answered_at = answered_at - interval '26 hours' where subject = %s", [first])
    admin.execute(
        "update lookups set answered_at = answered_at - interval '23 hours' where subject not in (%s, %s)",
        [first, second],
    )
    assert look_up(facts).states == {"catalog_facts": "ok"}
    assert catalogue.calls == [(INDIA, (first, second))], "the longest waiting one first"


def test_a_new_subject_is_asked_for_before_those_that_have_an_answer(facts, catalogue, admin):
    look_up(facts)
    catalogue.calls.clear()
    new, *others = asins_of(facts)[::-1]
    admin.execute("delete from lookups where subject = %s", [new])
    admin.execute("update lookups set answered_at = answered_at - interval '25 hours'")
    look_up(facts)
    (_, batch) = catalogue.calls[0]
    assert batch[0] == new
    assert sorted(batch[1:]) == sorted(batch[1:], key=others.index, reverse=True)


def test_refetch_asks_for_all_subjects(facts, catalogue):
    look_up(facts)
    catalogue.calls.clear()
    done = look_up(facts, refetch=True)
    assert sum(catalogue.batches) == len(asins_of(facts)) == done.counts["catalog_facts"]["unchanged"]


def test_a_subject_that_fails_in_a_batch_is_asked_for_alone_once(facts, catalogue):
    failing = asins_of(facts)[3]
    catalogue.failing[failing] = 1
    done = look_up(facts)
    assert done.states == {"catalog_facts": "ok"}
    assert [batch for _, batch in catalogue.calls if len(batch) == 1 and failing in batch] == [(failing,)]
    assert (failing, 1) in names(facts)


def test_a_subject_that_fails_alone_too_is_left_to_the_next_run_and_the_others_are_loaded(facts, catalogue):
    asins = asins_of(facts)
    catalogue.failing[asins[3]] = 2
    done = look_up(facts)
    assert (done.success, done.states) == (True, {"catalog_facts": "incomplete"})
    assert done.reasons["catalog_facts"] == (
        "catalog_facts: Amazon did not answer for 1 ASIN; the next run looks them up again"
    )
    assert {asin for asin, _ in names(facts)} == set(asins) - {asins[3]}
    assert loads(facts)[0]["details"] == {"asked": len(asins), "answered": len(asins) - 1}
    catalogue.calls.clear()
    assert look_up(facts).states == {"catalog_facts": "ok"}
    assert catalogue.calls == [(INDIA, (asins[3],))]


def test_an_answer_replaces_all_rows_of_its_subject(facts, catalogue):
    first, second, third, *_ = asins_of(facts)
    catalogue.changed = {first: [{"number": 1}, {"number": 2}], second: [{"number": 1}, {"number": 2}]}
    look_up(facts)
    assert {key for key in names(facts) if key[0] in (first, second)} == {
        (first, 1),
        (first, 2),
        (second, 1),
        (second, 2),
    }
    catalogue.changed = {first: [{"number": 3}], second: []}
    done = look_up(facts, refetch=True)
    assert {key for key in names(facts) if key[0] in (first, second)} == {(first, 3)}
    assert done.counts["catalog_facts"]["deleted"] == 4
    assert (third, 1) in names(facts)


def test_rows_of_a_subject_that_was_not_answered_stay(facts, catalogue):
    look_up(facts)
    before = names(facts)
    catalogue.failing = dict.fromkeys(asins_of(facts)[:5], 2)
    look_up(facts, refetch=True)
    assert names(facts) == before


@pytest.mark.parametrize("bad", [{"number": "many"}, {"summaries": 7}, "no object"])
def test_a_record_that_cannot_be_read_keeps_the_rows_of_its_subject(facts, catalogue, bad):
    first, *_ = asins_of(facts)
    catalogue.changed = {first: [{"number": 1}, {"number": 2}]}
    look_up(facts)
    before = names(facts)
    catalogue.changed = {first: [{"number": 2}, bad]}
    done = look_up(facts, refetch=True)
    assert done.counts["catalog_facts"]["rejected"] == 1
    assert {key for key in names(facts) if key[0] == first} == {(first, 1), (first, 2)}
    assert names(facts).keys() == before.keys()
    (reject,) = facts.rows("rejected_records")
    assert reject["record"] == bad


def test_past_days_have_no_history_and_ask_nothing(facts, catalogue):
    assert facts.run(tables=["catalog_facts"], days=facts.past_days).states == {"catalog_facts": "no_history"}
    assert catalogue.calls == []


def test_without_subjects_nothing_is_asked(empty_pipeline, make_sandbox, admin, monkeypatch, catalogue):
    make_table(admin, monkeypatch, CATALOG_FACTS)
    empty_pipeline.sources = (products.SOURCE, lookup_of(catalogue))
    empty_pipeline.serve(make_sandbox())
    assert look_up(empty_pipeline).states == {"catalog_facts": "empty"}
    assert (catalogue.calls, loads(empty_pipeline)) == ([], [])


def test_in_one_run_the_listings_come_first_and_then_their_subjects(
    empty_pipeline, make_sandbox, admin, monkeypatch, catalogue
):
    make_table(admin, monkeypatch, CATALOG_FACTS)
    empty_pipeline.sources = (lookup_of(catalogue), products.SOURCE)
    empty_pipeline.serve(make_sandbox())
    done = empty_pipeline.run(days=[empty_pipeline.today])
    assert done.states == {"products": "ok", "catalog_facts": "ok"}
    assert {asin for asin, _ in names(empty_pipeline)} == set(asins_of(empty_pipeline))


def test_each_marketplace_is_asked_about_its_own_subjects(empty_pipeline, make_sandbox, admin, monkeypatch, catalogue):
    make_table(admin, monkeypatch, CATALOG_FACTS)
    empty_pipeline.sources = (products.SOURCE, lookup_of(catalogue))
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY)), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    days = [max(empty_pipeline.days)]
    assert empty_pipeline.run(days=days).success
    known = {(row["marketplace_id"], row["asin"]) for row in empty_pipeline.rows("products")}
    asked = {(marketplace, asin) for marketplace, batch in catalogue.calls for asin in batch}
    found = {(row["marketplace_id"], row["asin"]) for row in empty_pipeline.rows("catalog_facts")}
    assert asked == found == known
    assert {marketplace for marketplace, _ in known} >= {INDIA}


def test_a_store_that_fails_does_not_stop_another(empty_pipeline, make_sandbox, admin, monkeypatch, catalogue):
    """The look-ups of the second store were never asked when the first one failed."""
    make_table(admin, monkeypatch, CATALOG_FACTS)
    empty_pipeline.sources = (products.SOURCE, lookup_of(catalogue))
    empty_pipeline.serve(make_sandbox(marketplaces=(INDIA, GERMANY)), onboard=False)
    empty_pipeline.add_seller(empty_pipeline.sellers[0], "Atzr|sandbox-1", marketplaces=(INDIA, GERMANY))
    days = [max(empty_pipeline.days)]
    assert empty_pipeline.run(tables=["products"], days=days).success
    catalogue.broken[INDIA] = Transient("the line is down")
    failed = look_up(empty_pipeline)
    assert not failed.success
    assert "the line is down" in failed.error
    assert {row["marketplace_id"] for row in empty_pipeline.rows("catalog_facts")} == {GERMANY}
    catalogue.broken.clear()
    assert look_up(empty_pipeline).success
    assert {row["marketplace_id"] for row in empty_pipeline.rows("catalog_facts")} == {INDIA, GERMANY}


def test_what_amazon_answered_before_it_failed_is_loaded(facts, catalogue):
    """A thousand listings take minutes: one failure in the last call lost the answers of all others."""
    asins = asins_of(facts)
    catalogue.broken[2] = Transient("the line is down")
    assert not look_up(facts).success
    assert {asin for asin, _ in names(facts)} == set(asins[:BATCH])
    catalogue.calls.clear()
    catalogue.broken.clear()
    assert look_up(facts).states == {"catalog_facts": "ok"}
    assert sorted(asin for _, batch in catalogue.calls for asin in batch) == asins[BATCH:]


def test_a_batch_that_amazon_refuses_is_asked_one_by_one(facts, catalogue):
    """One bad subject would stop its batch, and all later ones, in every run."""
    asins = asins_of(facts)
    catalogue.refused = {asins[3]}
    done = look_up(facts)
    assert (done.success, done.states) == (True, {"catalog_facts": "incomplete"})
    assert {asin for asin, _ in names(facts)} == set(asins) - {asins[3]}


def test_a_refusal_of_every_subject_fails(facts, catalogue):
    catalogue.refused = set(asins_of(facts))
    done = look_up(facts)
    assert not done.success
    assert "invalid input" in done.error
    assert len(catalogue.calls) == 1 + BATCH, "one batch and its subjects, not all of them"
