"""Sellers, their marketplaces and their tokens: stored encrypted, bound to their row and to a key."""

import os

import pytest

from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, decrypt, encrypt, key_id, new_key, read_key
from xpert_pipeline.postgres.errors import DataRefused
from xpert_pipeline.postgres.sellers import SellerBook, SellerMixed, SellerUnknown
from xpert_pipeline_tests.conftest import KEY, MARKETPLACE
from xpert_pipeline_tests.postgres.rows import DE, IN, UK, item, order, orders_and_items, rows_of, run_load


def add(book, seller_id="A9", **more):
    fields = {
        "name": "Books",
        "region": "eu",
        "marketplace_ids": [MARKETPLACE],
        "timezone": "Asia/Kolkata",
        "is_sandbox": True,
    }
    return book.add(seller_id, **fields | more)


def test_a_seller_comes_back_as_it_was_added(sellers, seller):
    assert sellers.get("A1TESTSELLER") == seller
    assert (seller.marketplace_ids, seller.status, seller.has_token) == ((MARKETPLACE,), "active", True)
    assert sellers.refresh_token(seller.id) == "Atzr|secret"


def test_the_token_is_not_readable_in_the_database(seller, admin):
    [(stored, key)] = admin.execute("select refresh_token_encrypted, encryption_key_id from sellers").fetchall()
    assert b"Atzr" not in stored
    assert key == key_id(KEY)


def test_adding_again_updates_and_keeps_the_token(sellers, seller):
    sellers.set_status(seller.id, "reauth_required", "revoked by the seller")
    again = add(sellers, "A1TESTSELLER", name="New name")
    assert (again.id, again.name, again.status, again.status_reason) == (seller.id, "New name", "active", None)
    assert sellers.refresh_token(seller.id) == "Atzr|secret"
    add(sellers, "A1TESTSELLER", refresh_token="Atzr|newer")
    assert sellers.refresh_token(seller.id) == "Atzr|newer"


def test_only_active_sellers_are_synced(sellers, seller, other_seller):
    assert sellers.active() == [seller, other_seller]
    sellers.set_status(seller.id, "paused", "holiday")
    assert sellers.active() == [other_seller]
    assert [one.status_reason for one in sellers.all()] == ["holiday", None]


def test_an_unknown_seller_is_refused_with_how_to_add_it(sellers):
    with pytest.raises(SellerUnknown, match="seller A0 is not known: add it with `xpert sellers add`"):
        sellers.get("A0")


@pytest.mark.parametrize("was_sandbox", [True, False])
def test_a_real_and_a_sandbox_seller_are_never_the_same(sellers, was_sandbox):
    add(sellers, is_sandbox=was_sandbox)
    with pytest.raises(SellerMixed, match="sandbox and real orders must not be mixed"):
        add(sellers, is_sandbox=not was_sandbox)


@pytest.mark.parametrize(
    "wrong", [{"region": "mars"}, {"marketplace_ids": []}], ids=["unknown region", "no marketplace"]
)
def test_an_impossible_seller_is_refused(sellers, wrong):
    with pytest.raises(DataRefused, match="23514"):
        add(sellers, **wrong)


def test_an_unknown_status_is_refused(sellers, seller):
    with pytest.raises(DataRefused, match="sellers_status_check"):
        sellers.set_status(seller.id, "asleep")


def test_a_seller_without_a_token_needs_no_key(pool, other_seller):
    book = SellerBook(pool)
    assert not other_seller.has_token
    assert book.refresh_token(other_seller.id) is None


def test_a_stored_token_cannot_be_read_without_its_key(pool, seller):
    with pytest.raises(EncryptionKeyWrong, match="XPERT_ENCRYPTION_KEY is not set"):
        SellerBook(pool).refresh_token(seller.id)
    with pytest.raises(EncryptionKeyWrong, match=f"encrypted with key {key_id(KEY)}, but XPERT_ENCRYPTION_KEY is"):
        SellerBook(pool, os.urandom(32)).refresh_token(seller.id)


def test_a_token_moved_to_another_seller_does_not_open(sellers, seller, other_seller, admin):
    admin.execute(
        "update sellers set refresh_token_encrypted = s.refresh_token_encrypted,"
        " encryption_key_id = s.encryption_key_id"
        " from sellers as s where s.id = %s and sellers.id = %s",
        [seller.id, other_seller.id],
    )
    with pytest.raises(EncryptionKeyWrong, match="belongs to another seller"):
        sellers.refresh_token(other_seller.id)


def test_equal_texts_are_encrypted_differently_and_changes_are_noticed():
    first, second = encrypt(KEY, "x", "row"), encrypt(KEY, "x", "row")
    assert first != second
    assert decrypt(KEY, first, "row", key_id(KEY)) == "x"
    for harmed in (first[:-1] + bytes([first[-1] ^ 1]), first[:8], b""):
        with pytest.raises(EncryptionKeyWrong):
            decrypt(KEY, harmed, "row", key_id(KEY))


def test_a_new_key_is_read_back():
    assert len(read_key(new_key())) == 32
    assert new_key() != new_key()


@pytest.mark.parametrize("text", ["", "short", "!" * 44, "c2VjcmV0LXZhbHVl"])
def test_a_malformed_key_is_refused_without_showing_it(text):
    with pytest.raises(EncryptionKeyWrong, match="not 32 bytes in base64") as caught:
        read_key(text)
    assert not text or text not in str(caught.value)


def has_loads(pool, seller):
    run_load(pool, seller, orders_and_items([order("1")], [item("1")]))


@pytest.mark.parametrize(
    "marketplace_ids",
    [[IN, UK], [UK, IN], [UK], [DE, UK]],
    ids=["added", "added as the first one", "replaced", "both new"],
)
def test_marketplaces_may_be_added_removed_and_reordered_once_there_are_loads(sellers, seller, pool, marketplace_ids):
    """The ledger's days used to be the first marketplace's, so another first marketplace was refused."""
    has_loads(pool, seller)
    again = add(sellers, seller.amazon_seller_id, marketplace_ids=marketplace_ids, timezone="Europe/London")
    assert (again.marketplace_ids, again.timezone) == (tuple(marketplace_ids), "Europe/London")
    assert rows_of(pool, seller, "select marketplace_id, count(*) from orders group by 1") == [(IN, 1)]
    assert rows_of(pool, seller, "select distinct marketplace_id from loads") == [(IN,)]


def test_marketplaces_of_several_regions_are_refused_with_what_to_do(sellers):
    american = "ATVPDKIKX0DER"
    with pytest.raises(SellerMixed) as caught:
        add(sellers, marketplace_ids=[IN, UK, american], regions={IN: "eu", UK: "eu", american: "na"})
    assert str(caught.value) == (
        f"the marketplaces of A9 are in several regions: {IN} (eu), {UK} (eu), {american} (na). One seller entry has "
        "one region: add the marketplaces of na as another seller, with that region's seller id and authorization"
    )
    assert sellers.all() == []
    assert add(sellers, marketplace_ids=[IN, UK], regions={IN: "eu", UK: "eu"}).marketplace_ids == (IN, UK)


def test_a_seller_with_loads_stays_in_its_region(sellers, seller, pool):
    moved = {"region": "na", "marketplace_ids": ["ATVPDKIKX0DER"], "timezone": "America/Los_Angeles"}
    back = {"region": "eu", "marketplace_ids": [IN], "timezone": "Asia/Kolkata"}
    assert add(sellers, seller.amazon_seller_id, **moved).region == "na"
    assert add(sellers, seller.amazon_seller_id, **back).region == "eu"
    has_loads(pool, seller)
    with pytest.raises(SellerMixed, match="A1TESTSELLER has loads of region eu.*add the marketplaces of na as another"):
        add(sellers, seller.amazon_seller_id, **moved)
    assert sellers.get(seller.amazon_seller_id).region == "eu"


@pytest.mark.parametrize(("before", "after"), [("active", "reauth_required"), ("paused", "paused")])
def test_a_refused_token_changes_only_an_active_seller(sellers, seller, before, after):
    """A run that was still going when its seller was removed called it `reauth_required` afterwards."""
    sellers.set_status(seller.id, before)
    sellers.require_reauthorization(seller.id, "revoked")
    assert sellers.get(seller.amazon_seller_id).status == after
    sellers.remove(seller.id)
    sellers.require_reauthorization(seller.id, "revoked")
    assert sellers.get(seller.amazon_seller_id).status == "removed"
