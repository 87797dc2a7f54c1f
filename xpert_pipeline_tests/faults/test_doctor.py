"""`xpert doctor` asks every source and marketplace, and says which role or marketplace is missing."""

import pytest

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.sources.kiosk.dataset import KioskDataset
from xpert_pipeline.sources.lookup import BatchLookup
from xpert_pipeline_tests.granted import closed_without

INDIA, BRITAIN, GERMANY = "A21TJRUUN4KGV", "A1F83G8C2ARO7P", "A1PA6795UKMFR9"
ASKED = [source for source in SOURCES if not source.is_derived]
NAMES = [", ".join(table.name for table in source.tables) for source in ASKED]


def findings(done, check):
    return [finding for finding in done.json["findings"] if finding["check"] == check]


def calls(amazon, operation):
    return sum(n for (name, _, _), n in amazon.sandbox.state.statistics.counts.items() if name == operation)


@pytest.fixture
def three_stores(amazon, make_sandbox):
    """The environment of a seller with three stores, of which it lists those that a test names."""
    amazon.sandbox = make_sandbox(marketplaces=(INDIA, BRITAIN, GERMANY))
    return lambda *listed, **environ: amazon(AMAZON_MARKETPLACE_IDS=",".join(listed), **environ)


def test_every_source_is_asked_and_shown_with_its_tables_and_roles(xpert, amazon):
    done = xpert("doctor", "--json", **amazon())
    assert (done.exit_code, done.json["ok"]) == (0, True)
    for source, name in zip(ASKED, NAMES, strict=True):
        found = findings(done, name)
        if not source.is_offered_in(INDIA):
            assert [each["detail"] for each in found] == ["Amazon does not offer it in this marketplace"]
        elif isinstance(source, BatchLookup):
            assert found == [], "a call needs a subject, which only a sync knows"
        else:
            (finding,) = found
            assert finding["state"] == "ok"
            assert f"(role {' or '.join(source.roles)})" in finding["detail"]
    (orders,) = findings(done, "orders, order_items")
    assert orders["detail"].startswith("orders created in the last 30 days, as Amazon counts them: ")
    assert findings(done, "clock")[0]["state"] == "ok"


@pytest.mark.parametrize(
    ("denied", "table", "needed"),
    [
        (("Product Listing",), "products", "needs the role Product Listing. Grant the role"),
        (
            ("Product Listing", "Amazon Fulfillment"),
            "fba_inventory",
            "needs the role Product Listing or Amazon Fulfillment. Grant the role",
        ),
        (("Brand Analytics",), "traffic_daily", "needs the role Brand Analytics. Grant the role"),
        (
            ("Inventory and Order Tracking", "Pricing"),
            "orders, order_items",
            "needs the role Inventory and Order Tracking. Grant the role",
        ),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, tuple) else "",
)
def test_a_source_that_is_not_granted_is_a_warning_with_the_roles_that_open_it(xpert, amazon, denied, table, needed):
    done = xpert("doctor", "--json", **amazon(denied_roles=denied))
    assert done.exit_code == 0
    warned = [finding for name in NAMES for finding in findings(done, name) if finding["state"] == "warn"]
    closed = [source for source in closed_without(denied) if not isinstance(source, BatchLookup)]
    assert [finding["check"] for finding in warned] == [
        ", ".join(table.name for table in source.tables) for source in closed
    ]
    assert all(finding["detail"].startswith("not granted: ") for finding in warned)
    for finding, source in zip(warned, closed, strict=True):
        assert finding["advice"].startswith(f"needs the role {' or '.join(source.roles)}. Grant the role")
    (named,) = findings(done, table)
    assert named["advice"].startswith(needed)


def test_a_count_that_needs_another_role_does_not_hide_that_orders_are_granted(xpert, amazon):
    done = xpert("doctor", "--json", **amazon(denied_roles=("Pricing",)))
    (orders,) = findings(done, "orders, order_items")
    assert orders["state"] == "ok"
    assert orders["detail"].startswith("orders created in the last 30 days, on the first page of searchOrders: ")


def test_each_marketplace_is_asked_but_a_role_only_once(xpert, amazon, three_stores):
    done = xpert("doctor", "--json", **three_stores(INDIA, BRITAIN, GERMANY))
    assert done.exit_code == 0
    for name in ("products", "orders, order_items", "fba_inventory"):
        assert [finding["marketplace"] for finding in findings(done, name)] == [INDIA, BRITAIN, GERMANY]
    assert len(findings(done, "economics_daily")) == len(findings(done, "traffic_daily")) == 1
    assert calls(amazon, "getQueries") == sum(isinstance(source, KioskDataset) for source in SOURCES)
    assert calls(amazon, "getInventorySummaries") == 3
    text = xpert("doctor", **three_stores(INDIA, BRITAIN, GERMANY)).stdout
    assert f"ok   products ({amazon.sandbox.ready()['seller_id']}, GB): listings: " in text


def test_stores_that_are_not_listed_are_named_and_shadow_marketplaces_are_not(xpert, three_stores):
    environ = three_stores(BRITAIN)
    done = xpert("doctor", "--json", **environ)
    assert done.exit_code == 0
    sells, *others = findings(done, "marketplaces")
    assert (sells["state"], sells["detail"]) == ("ok", f"the account sells on Amazon.co.uk ({BRITAIN})")
    assert [(finding["state"], finding["detail"]) for finding in others] == [
        ("warn", f"the account also sells on {name}, which is not listed and therefore not synced")
        for name in (f"Amazon.de ({GERMANY})", f"Amazon.in ({INDIA})")
    ]
    seller = environ["AMAZON_SELLER_ID"]
    assert f"`xpert sellers add {seller} --marketplace {BRITAIN},{GERMANY}`" in others[0]["advice"]


def test_a_listed_store_that_the_account_lacks_fails_with_those_that_it_has(xpert, amazon):
    done = xpert("doctor", "--json", **amazon(AMAZON_MARKETPLACE_IDS=f"{INDIA},{BRITAIN}"))
    assert done.exit_code == 3
    (finding,) = findings(done, "marketplaces")
    assert finding["state"] == "fail"
    assert finding["detail"] == (
        f"the account does not sell on Amazon.co.uk ({BRITAIN}); it sells on Amazon.in ({INDIA})"
    )
    assert not findings(done, "products")


def test_a_stored_seller_of_several_regions_fails_with_what_to_do(xpert, amazon, sellers):
    environ = amazon()
    del environ["AMAZON_REFRESH_TOKEN"]
    sellers.add(
        environ["AMAZON_SELLER_ID"],
        name="Two regions",
        region="eu",
        marketplace_ids=[INDIA, "ATVPDKIKX0DER"],
        timezone="Asia/Kolkata",
        refresh_token="Atzr|sandbox-1",
    )
    done = xpert("doctor", "--json", **environ)
    assert done.exit_code == 3
    (finding,) = findings(done, "marketplaces")
    assert finding["state"] == "fail"
    assert f"several regions: {INDIA} (eu), ATVPDKIKX0DER (na)" in finding["detail"]
    assert "xpert sellers add" in finding["advice"]


@pytest.mark.parametrize(
    ("timezone", "states"), [("Europe/London", ["warn"]), ("Asia/Kolkata", []), ("Asia/Tokyo", [])]
)
def test_a_marketplace_whose_day_begins_before_the_partitions_day_is_a_warning(xpert, amazon, timezone, states):
    done = xpert("doctor", "--json", **amazon(XPERT_TIMEZONE=timezone))
    warnings = findings(done, "time zone")
    assert [finding["state"] for finding in warnings] == states
    assert all("days of Amazon.in begin earlier" in finding["detail"] for finding in warnings)
    assert all(finding["advice"] == "set XPERT_TIMEZONE=Asia/Kolkata" for finding in warnings)
