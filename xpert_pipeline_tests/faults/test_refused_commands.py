"""What a command says and how it exits when Amazon refuses a role or a seller."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from xpert_pipeline_tests.granted import closed_without
from xpert_pipeline_tests.sandbox_sellers import add_sellers

TODAY = datetime.now(ZoneInfo("Asia/Kolkata")).date()
RECENT = ("--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY))


def test_a_role_that_is_not_granted_fails_the_command_with_what_to_do(xpert, amazon):
    done = xpert("sync", "--json", "--select", "products", *RECENT, **amazon(denied_roles=("Product Listing",)))
    assert done.exit_code == 1
    assert [line["state"] for line in done.json["tables"]] == ["not_granted"]
    (seller,) = amazon.sandbox.state.worlds
    text = " ".join(done.stderr.split())
    assert f"not granted: the role Product Listing to {seller}, so products cannot be loaded: grant it to" in text
    assert "--allow-not-granted accepts this" in text
    assert text.count("Product Listing") == text.count("authorize again") == 1


def test_a_role_that_several_tables_need_is_named_once(xpert, amazon):
    """The same advice came once for each table, and none of the lines named the role."""
    lacking = [table.name for source in closed_without({"Brand Analytics"}) for table in source.tables]
    selected = ",".join(["products", *lacking])
    done = xpert("sync", "--json", "--select", selected, *RECENT, **amazon(denied_roles=("Brand Analytics",)))
    assert done.exit_code == 1
    states = {line["table"]: line["state"] for line in done.json["tables"]}
    assert len(lacking) > 1
    assert states == {"products": "ok"} | dict.fromkeys(lacking, "not_granted")
    text = " ".join(done.stderr.split())
    assert text.count("Brand Analytics") == text.count("authorize again") == 1
    assert f"so {', '.join(lacking)} cannot be loaded" in text


@pytest.mark.parametrize(
    ("option", "setting"),
    [(["--allow-not-granted"], {}), ([], {"XPERT_ALLOW_NOT_GRANTED": "1"})],
    ids=["option", "setting"],
)
@pytest.mark.parametrize("command", ["sync", "backfill"])
def test_a_source_that_is_not_granted_can_be_accepted(xpert, amazon, command, option, setting):
    environ = amazon(denied_roles=("Product Listing",), **setting)
    done = xpert(command, "--json", "--select", "products", *RECENT, *option, **environ)
    assert done.exit_code == 0
    assert [line["state"] for line in done.json["tables"]] == ["not_granted"]
    assert "not granted: the role Product Listing to " in done.stderr
    assert "--allow-not-granted" not in done.stderr


def test_a_failure_stays_a_failure_where_sources_that_are_not_granted_are_accepted(xpert, amazon, admin):
    admin.execute("drop table orders cascade")
    environ = amazon(denied_roles=("Product Listing",))
    done = xpert("sync", "--json", "--select", "products,orders", *RECENT, "--allow-not-granted", **environ)
    assert done.exit_code == 1
    assert {line["table"]: line["state"] for line in done.json["tables"]} == {
        "products": "not_granted",
        "orders": "failed",
        "order_items": "failed",
    }


def test_a_revoked_seller_is_left_out_which_is_a_failure_and_the_other_is_synced(xpert, amazon, sellers, admin):
    environ = amazon(sellers=2)
    first, second = amazon.sandbox.state.worlds
    add_sellers(sellers, amazon.sandbox)
    amazon.fault("lwa-invalid-grant", second)
    done = xpert("sync", "--json", "--select", "products", *RECENT, **environ)
    assert done.exit_code == 1
    assert {(line["seller"], line["state"]) for line in done.json["tables"]} == {(first, "ok")}
    assert f"failed: seller {second} was left out: " in done.stderr
    assert "must authorize the application again" in done.stderr
    assert sellers.get(second).status == "reauth_required"
    failed = admin.execute(
        "select s.amazon_seller_id, event_type, data ->> 'error', requires_action from fact_stream f "
        "join sellers s on s.id = f.seller_id where event_type = 'sync.failed'"
    ).fetchall()
    ((who, _, why, needs_a_person),) = failed
    assert (who, needs_a_person) == (second, True)
    assert "must authorize the application again" in why
