"""`xpert sellers`: a seller is verified before it is stored, and leaves with or without its rows."""

import base64
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from xpert_pipeline.partitions import range_tags
from xpert_pipeline_tests.conftest import KEY
from xpert_pipeline_tests.empty_job import empty

pytestmark = pytest.mark.long
INDIA, BRITAIN = "A21TJRUUN4KGV", "A1F83G8C2ARO7P"


@pytest.fixture
def token_file(tmp_path):
    file = tmp_path / "token"
    file.write_text("Atzr|sandbox-1\n")
    return str(file)


@pytest.fixture
def offline(pipeline_dsn):
    return {"DATABASE_URL": pipeline_dsn, "XPERT_ENCRYPTION_KEY": base64.b64encode(KEY).decode()}


@pytest.fixture
def unlisted(amazon):
    """Amazon with two sellers, of which the environment names none."""
    environ = amazon(sellers=2)
    return {name: value for name, value in environ.items() if not name.endswith(("_TOKEN", "_SELLER_ID", "_IDS"))}


@pytest.fixture
def accounts(amazon, unlisted):
    """The merchant ids of both sellers."""
    return list(amazon.sandbox.state.worlds)


def sellers_of(xpert, environ):
    return xpert("sellers", "list", "--json", **environ).json["sellers"]


def test_a_seller_is_verified_and_told_when_its_first_sync_comes(xpert, unlisted, accounts, token_file, sellers):
    done = xpert("sellers", "add", accounts[0], "--marketplace", "in", "--refresh-token-file", token_file, **unlisted)
    assert (done.exit_code, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == f"added {accounts[0]} (Amazon.in): Amazon confirmed the account"
    assert (
        f"within half an hour while `xpert up` or the daemon runs, or now with `xpert sync --seller {accounts[0]}`"
        in second
    )
    assert "After that it is synced daily at 02:00 Asia/Kolkata." in second
    seller = sellers.get(accounts[0])
    assert (seller.marketplace_ids, seller.status) == ((INDIA,), "active")
    assert sellers.refresh_token(seller.id) == "Atzr|sandbox-1"


def test_a_merchant_id_with_another_sellers_token_is_not_stored(xpert, unlisted, accounts, token_file):
    """606 orders of another seller were loaded under the wrong id, and a role was blamed."""
    for wrong in (accounts[1], "A0NOBODY"):
        command = ("sellers", "add", wrong, "--marketplace", "IN", "--refresh-token-file", token_file)
        done = xpert(*command, **unlisted)
        assert (done.exit_code, done.stdout) == (3, "")
        assert f"seller {wrong} was not stored" in done.stderr
        assert f"the refresh token belongs to another seller than {wrong}" in done.stderr
        assert "compare the merchant id with Account Info in Seller Central" in done.stderr
    assert sellers_of(xpert, unlisted) == []


def test_a_merchant_id_with_another_sellers_token_is_not_synced(xpert, unlisted, accounts, token_file, admin):
    """The same mistake, stored without a check: nothing of the other seller is loaded."""
    command = ("sellers", "add", accounts[1], "--marketplace", "IN", "--refresh-token-file", token_file, "--no-check")
    done = xpert(*command, **unlisted)
    assert done.exit_code == 0
    assert "not checked; `xpert doctor` does it" in done.stdout
    refused = xpert("sync", "--seller", accounts[1], **unlisted)
    assert refused.exit_code == 3
    assert f"merchant id: the refresh token belongs to another seller than {accounts[1]}" in refused.stderr
    assert admin.execute("select count(*) from orders").fetchone() == (0,)


def test_another_token_is_verified_although_amazon_confirmed_the_account_a_moment_ago(
    xpert, unlisted, accounts, token_file, admin
):
    """The confirmation was remembered for a day, whatever the token: rows of another seller would have been loaded."""
    command = ("sellers", "add", accounts[0], "--marketplace", "IN", "--refresh-token-file", token_file, "--no-check")
    sync = ("sync", "--select", "products")
    assert xpert(*command, **unlisted).exit_code == 0
    assert xpert(*sync, **unlisted).exit_code == 0
    loads = admin.execute("select count(*) from loads").fetchone()
    Path(token_file).write_text("Atzr|sandbox-2\n")
    assert xpert(*command, **unlisted).exit_code == 0
    refused = xpert(*sync, **unlisted)
    assert refused.exit_code == 3
    assert f"merchant id: the refresh token belongs to another seller than {accounts[0]}" in refused.stderr
    assert admin.execute("select count(*) from loads").fetchone() == loads


def test_without_the_role_that_verifies_the_id_the_seller_is_stored_with_a_note(
    xpert, amazon, token_file, make_sandbox
):
    environ = amazon(denied_roles=("Product Listing",))
    (seller_id,) = amazon.sandbox.state.worlds
    command = ("sellers", "add", seller_id, "--marketplace", "IN", "--refresh-token-file", token_file)
    done = xpert(*command, **environ)
    assert done.exit_code == 0
    assert "note: merchant id: not verified: that needs the role Product Listing" in done.stdout


def test_a_refused_token_and_a_store_without_the_account_are_told(xpert, amazon, unlisted, accounts, token_file):
    command = ("sellers", "add", accounts[0], "--refresh-token-file", token_file, "--marketplace")
    elsewhere = xpert(*command, "GB", **unlisted)
    assert elsewhere.exit_code == 3
    assert "the account does not sell on Amazon.co.uk" in elsewhere.stderr
    amazon.fault("lwa-invalid-grant", accounts[0])
    refused = xpert(*command, "IN", **unlisted)
    assert refused.exit_code == 3
    assert f"seller {accounts[0]} was not stored" in refused.stderr
    assert "must authorize the application again" in refused.stderr
    assert sellers_of(xpert, unlisted) == []


def test_without_an_application_nothing_is_stored_unverified_unless_asked_for(xpert, offline, token_file):
    command = ("sellers", "add", "A0SHOP", "--marketplace", "IN", "--refresh-token-file", token_file)
    done = xpert(*command, **offline)
    assert done.exit_code == 3
    assert "AMAZON_CLIENT_ID and AMAZON_CLIENT_SECRET are not set" in done.stderr
    assert sellers_of(xpert, offline) == []


@pytest.mark.parametrize("names", [["IN,GB"], ["in", "UK"], [INDIA, "GB,IN"], [f"{INDIA},{BRITAIN}"]], ids=" ".join)
def test_a_seller_is_added_with_several_marketplaces_by_id_or_country(xpert, offline, token_file, names):
    options = [word for name in names for word in ("--marketplace", name)]
    done = xpert("sellers", "add", "A0SHOP", *options, "--refresh-token-file", token_file, "--no-check", **offline)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("added A0SHOP (Amazon.in, Amazon.co.uk): not checked")
    (seller,) = sellers_of(xpert, offline)
    assert (seller["marketplaces"], seller["region"]) == ([INDIA, BRITAIN], "eu")
    assert seller["timezone"] == "Asia/Kolkata"


def test_a_marketplace_is_added_to_a_known_seller_without_its_token(xpert, offline, sellers):
    seller = sellers.add(
        "A0SHOP",
        name="Books",
        region="eu",
        marketplace_ids=[INDIA],
        timezone="Asia/Kolkata",
        refresh_token="Atzr|canary",
    )
    command = ("sellers", "add", seller.amazon_seller_id, "--marketplace", "IN,GB", "--no-check")
    done = xpert(*command, typed="\n", **offline)
    assert done.exit_code == 0
    assert f"updated {seller.amazon_seller_id} (Amazon.in, Amazon.co.uk)" in done.stdout
    changed = sellers.get(seller.amazon_seller_id)
    assert (changed.marketplace_ids, changed.name) == ((INDIA, BRITAIN), "Books")
    assert sellers.refresh_token(seller.id) == "Atzr|canary"


def test_the_hour_of_the_daily_sync_is_a_setting_of_the_seller(xpert, offline, sellers, token_file):
    command = ("sellers", "add", "A0US", "--marketplace", "US", "--refresh-token-file", token_file, "--no-check")
    done = xpert(*command, **offline)
    assert "daily at 02:00 America/Los_Angeles" in done.stdout
    done = xpert("sellers", "schedule", "A0US", "--hour", "5", "--timezone", "America/New_York", **offline)
    assert (done.exit_code, done.stdout) == (0, "A0US: the daily sync starts at 05:00 America/New_York\n")
    (seller,) = sellers_of(xpert, offline)
    assert (seller["sync_hour"], seller["sync_timezone"]) == (5, "America/New_York")
    wrong = xpert("sellers", "schedule", "A0US", "--timezone", "India", **offline)
    assert wrong.exit_code == 2
    assert "'India' is not an IANA time zone" in wrong.stderr
    assert xpert("sellers", "schedule", "A0US", "--hour", "24", **offline).exit_code == 2
    assert xpert("sellers", "schedule", "A0US", **offline).exit_code == 2


def test_a_removed_seller_has_no_token_and_keeps_its_rows(xpert, amazon, sellers, admin):
    environ = amazon()
    assert xpert("sync", "--select", "products,orders,order_items", **environ).exit_code == 0
    (seller,) = sellers.all()
    orders = admin.execute("select count(*) from orders").fetchone()
    nameless = {name: value for name, value in environ.items() if not name.endswith(("_TOKEN", "_SELLER_ID", "_IDS"))}
    done = xpert("sellers", "remove", seller.amazon_seller_id, **nameless)
    assert done.exit_code == 0
    assert "its refresh token deleted; its rows stay" in done.stdout
    assert admin.execute("select count(*) from orders").fetchone() == orders != (0,)
    assert sellers.refresh_token(seller.id) is None
    assert sellers.get(seller.amazon_seller_id).status == "removed"
    resumed = xpert("sellers", "resume", seller.amazon_seller_id, **nameless)
    assert resumed.exit_code == 3
    assert "was removed: add it again with `xpert sellers add`" in resumed.stderr


def test_a_purge_that_was_killed_is_finished_by_the_same_command(xpert, amazon, sellers, admin, pool, monkeypatch):
    """The seller went first, so that its runs and its partition stayed for ever after a kill."""
    environ = {name: value for name, value in amazon().items() if not name.endswith(("_TOKEN", "_SELLER_ID", "_IDS"))}
    seller = sellers.add("A0GONE", name="Gone", region="eu", marketplace_ids=[INDIA], timezone="Asia/Kolkata")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("dagster.DagsterInstance.delete_dynamic_partition", killed)
        assert xpert("sellers", "purge", "A0GONE", "--yes", **environ).exit_code != 0
    assert sellers.get(seller.amazon_seller_id).status_reason == "it is being purged"
    done = xpert("sellers", "purge", "A0GONE", "--yes", **environ)
    assert done.exit_code == 0, done.stderr
    assert sellers.all() == []


def test_a_run_that_begins_while_a_purge_waits_for_an_answer_is_seen(xpert, amazon, sellers, pool, monkeypatch):
    """The runs were looked up before the question. One that began meanwhile lost its seller, or stayed in Dagster."""
    environ = {name: value for name, value in amazon().items() if not name.endswith(("_TOKEN", "_SELLER_ID", "_IDS"))}
    seller = sellers.add("A0GONE", name="Gone", region="eu", marketplace_ids=[INDIA], timezone="Asia/Kolkata")
    begun = []

    def answered(*_, **__):
        with dg.DagsterInstance.get() as instance:
            tags = range_tags([date(2026, 3, 10)], "A0GONE")
            begun.append(instance.create_run_for_job(empty, status=dg.DagsterRunStatus.STARTED, tags=tags))
        return "A0GONE"

    with monkeypatch.context() as patched:
        patched.setattr("click.prompt", answered)
        refused = xpert("sellers", "purge", "A0GONE", **environ)
    assert refused.exit_code == 3
    assert f"a run of A0GONE is queued or running ({begun[0].run_id})" in refused.stderr
    assert sellers.get("A0GONE").id == seller.id
    assert sellers.active() == [], "no other run of it begins"
    with dg.DagsterInstance.get() as instance:
        instance.report_run_canceled(begun[0])
    done = xpert("sellers", "purge", "A0GONE", "--yes", **environ)
    assert done.stdout.endswith("A0GONE: purged, with 1 run; backups still contain it\n")
    assert sellers.all() == []


def test_a_purged_seller_leaves_no_row_in_any_table(xpert, amazon, sellers, admin, pool):
    environ = amazon(sellers=2)
    assert xpert("sync", **environ).exit_code == 0
    (seller,) = sellers.all()
    who = seller.amazon_seller_id
    other = sellers.add("A0OTHER", name="Other", region="eu", marketplace_ids=[INDIA], timezone="Asia/Kolkata")
    admin.execute("insert into dirty_keys (consumer, seller_id, business_date) values ('x', %s, now())", [other.id])
    refused = xpert("sellers", "purge", who, "--yes", **environ)
    assert refused.exit_code == 3
    assert f"AMAZON_SELLER_ID names {who}, so the next sync would add it again" in refused.stderr
    environ = {name: value for name, value in environ.items() if not name.endswith(("_TOKEN", "_SELLER_ID", "_IDS"))}
    kept = xpert("sellers", "purge", who, typed="no\n", **environ)
    assert kept.exit_code == 3
    assert "nothing was deleted" in kept.stderr
    assert admin.execute("select count(*) from orders").fetchone() != (0,)
    done = xpert("sellers", "purge", who, typed=f"{who}\n", **environ)
    assert done.exit_code == 0
    assert "orders: " in done.stdout
    assert f"{who}: purged, with 1 run" in done.stdout
    tables = admin.execute(
        "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'seller_id'"
    ).fetchall()
    for (table,) in tables:
        assert admin.execute(f"select count(*) from {table} where seller_id = %s", [seller.id]).fetchone() == (0,), (
            table
        )
    for table in ("api_quota", "quota_waiters"):
        assert admin.execute(f"select count(*) from {table} where scope = %s", [who]).fetchone() == (0,), table
    assert admin.execute("select count(*) from dirty_keys where seller_id = %s", [other.id]).fetchone() == (1,)
    again = xpert("sellers", "purge", who, "--yes", **environ)
    assert again.exit_code == 3
