"""What sellers have not granted, withdrawn or never had: the message names the seller and the remedy, others go on."""

import re
from datetime import timedelta

import pytest

from xpert_pipeline.assets.registry import SOURCES

pytestmark = pytest.mark.long
SOME = ["products", "orders", "order_items", "sales_data", "fba_inventory", "economics_daily", "traffic_daily"]
"""Tables of several roles; `sources/test_coverage.py` withholds each role from all tables."""


def test_a_revoked_token_stops_this_seller_and_no_other(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(sellers=2))
    revoked, other = pipeline.sellers
    pipeline.fault("lwa-invalid-grant", seller=revoked)
    failed = pipeline.run(sellers=[revoked])
    assert {error.split(":")[0] for error in failed.errors.values()} == {"ReauthRequired"}
    assert "must authorize the application again" in failed.errors["products"]
    seller = pipeline.book.get(revoked)
    assert seller.status == "reauth_required"
    assert "must authorize the application again" in seller.status_reason
    assert [each.amazon_seller_id for each in pipeline.book.active()] == [other]
    assert pipeline.run(sellers=[other]).success
    pipeline.assert_whole(seller=other)
    failures = [fact for fact in pipeline.facts(seller=revoked) if fact[0] == "sync.failed"]
    first = [source for source in SOURCES if not source.after]  # what comes after a failed table is not tried
    assert {(*sorted(data["tables"]), needs_a_person) for *_, needs_a_person, data, _ in failures} == {
        (*sorted(table.name for table in source.tables), True) for source in first
    }
    assert {fact[0] for fact in pipeline.facts(seller=other)} == {"sync.completed"}
    pipeline.mend()
    pipeline.add_seller(revoked, "Atzr|sandbox-1")
    assert pipeline.run(sellers=[revoked]).success
    pipeline.assert_whole(seller=revoked)


def test_in_a_run_over_both_sellers_the_good_one_is_loaded_all_the_same(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(sellers=2))
    revoked, good = pipeline.sellers
    pipeline.fault("lwa-invalid-grant", seller=revoked)
    failed = pipeline.run(sellers=[revoked, good], tables=["orders", "order_items"])
    assert f"ReauthRequired: seller {revoked}" in failed.error
    assert good not in failed.error
    pipeline.assert_whole("orders", "order_items", seller=good)


def test_a_seller_without_a_stored_token_is_told_to_authorize(pipeline):
    pipeline.add_seller("A0NEWSELLER", None)
    failed = pipeline.run(sellers=["A0NEWSELLER"], tables=["products"])
    assert failed.error.startswith("ReauthRequired: seller A0NEWSELLER: authorization for seller A0NEWSELLER")
    assert "no refresh token is stored" in failed.error


def test_without_the_listing_role_products_say_not_granted_and_the_rest_goes_on(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(denied_roles=("Product Listing",)))
    done = pipeline.run(tables=SOME)
    assert done.success
    others = [name for name in SOME if name != "products"]
    assert done.states == {"products": "not_granted"} | dict.fromkeys(others, "ok")
    assert "Grant the role" in done.reasons["products"]
    assert pipeline.calls("searchListingsItems") == 2, "the second call confirms the refusal"
    pipeline.assert_whole("orders", "order_items", "sales_data")
    facts = {fact[1]: fact for fact in pipeline.facts()}
    assert facts["products"][3]
    assert not facts["orders"][3]
    assert "Grant the role" in facts["products"][2]


def test_without_the_order_role_orders_say_not_granted_and_products_go_on(empty_pipeline, make_sandbox):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(denied_roles=("Inventory and Order Tracking",)))
    done = pipeline.run(tables=SOME)
    assert done.success
    assert (done.states["orders"], done.states["order_items"], done.states["products"]) == (
        "not_granted",
        "not_granted",
        "ok",
    )
    assert "Grant the role" in done.reasons["orders"]
    assert pipeline.rows("loads", "table_name") != []
    loaded = {row["table_name"] for row in pipeline.rows("loads", "table_name")}
    assert loaded == set(SOME) - {"orders", "order_items"}
    pipeline.assert_whole("products")


def test_without_the_pricing_role_orders_come_by_a_guess_and_the_check_says_why_it_did_not_compare(
    empty_pipeline, make_sandbox
):
    pipeline = empty_pipeline
    pipeline.serve(make_sandbox(denied_roles=("Pricing",)))
    done = pipeline.run(tables=["orders", "order_items"], checks=True)
    assert done.success
    pipeline.assert_whole("orders", "order_items")
    created = "select details #>> '{plan,why}' from loads where table_name = 'orders' and window_kind = 'created'"
    (why,) = pipeline.one(created)
    guess = r"(\d+) orders \(a guess: Amazon's order metrics are not available\) in (\d(?:\.\d)?) days: "
    said = re.match(guess, why)  # around midnight these are "4 days"
    assert said, why
    start, end = pipeline.one(
        "select window_start, window_end from loads where table_name = 'orders' and window_kind = 'created'"
    )
    days = (end - start) / timedelta(days=1)  # three days and today so far
    assert abs(int(said[1]) - 100 * days) <= 2
    assert abs(float(said[2]) - days) <= 0.06


def test_a_marketplace_outside_the_sellers_region_fails_and_says_what_to_correct(pipeline):
    (indian,) = pipeline.sellers
    pipeline.add_seller(indian, "Atzr|sandbox-1", marketplaces=("ATVPDKIKX0DER",))
    failed = pipeline.run()
    for table in ("products", "orders_and_items"):
        assert failed.errors[table].startswith(f"WrongRegion: seller {indian}: "), table
        assert "Correct the seller's marketplace ids or region" in failed.errors[table]
    assert all(fact[3] for fact in pipeline.facts() if fact[0] == "sync.failed")
    pipeline.add_seller(indian, "Atzr|sandbox-1")
    assert pipeline.run().success
    pipeline.assert_whole()


def test_a_seller_unknown_to_the_database_is_told_to_be_added(pipeline):
    pipeline.instance.add_dynamic_partitions("sellers", ["A0NOBODY"])
    failed = pipeline.run(sellers=["A0NOBODY"], tables=["products"])
    assert failed.error == (
        "SellerUnknown: seller A0NOBODY: seller A0NOBODY is not known: add it with `xpert sellers add`"
    )


def test_a_token_encrypted_with_another_key_is_told_apart_from_a_revoked_one(pipeline, monkeypatch):
    monkeypatch.setenv("XPERT_ENCRYPTION_KEY", "A" * 43 + "=")
    failed = pipeline.run(tables=["products"])
    assert failed.error.startswith(f"EncryptionKeyWrong: seller {pipeline.sellers[0]}")
    assert "set the original key" in failed.error
    assert pipeline.book.get(pipeline.sellers[0]).status == "active"


def test_a_real_seller_is_never_read_from_the_sandbox(pipeline):
    """Its refresh token would go to the sandbox, and invented orders would be kept as its own."""
    real = pipeline.book.add(
        "A0REALSELLER",
        name="Real books",
        region="eu",
        marketplace_ids=["A21TJRUUN4KGV"],
        timezone="Asia/Kolkata",
        refresh_token="Atzr|canary",
    )
    pipeline.instance.add_dynamic_partitions("sellers", [real.amazon_seller_id])
    failed = pipeline.run(sellers=[real.amazon_seller_id])
    assert "a real seller would be read from the sandbox" in failed.errors["orders_and_items"]
    assert pipeline.one("select count(*) from orders where seller_id = %s", real.id) == (0,)
