"""Sellers and their tokens: stored encrypted, bound to their row, told apart by key."""

import os

import pytest

from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, decrypt, encrypt, key_id, new_key, read_key
from xpert_pipeline.postgres.errors import DataRefused
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import SellerBook, SellerMixed, SellerUnknown
from xpert_pipeline_tests.conftest import KEY, MARKETPLACE


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


def test_an_unknown_seller_is_told_how_to_be_added(sellers):
    with pytest.raises(SellerUnknown, match="seller A0 is not known: add it with `xpert sellers add`"):
        sellers.get("A0")


@pytest.mark.parametrize("was_sandbox", [True, False])
def test_a_real_and_a_sandbox_seller_are_never_the_same(sellers, was_sandbox):
    add(sellers, is_sandbox=was_sandbox)
    with pytest.raises(SellerMixed, match="invented orders never meet real ones"):
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


def test_without_the_key_a_stored_token_is_not_to_be_had(pool, seller):
    with pytest.raises(EncryptionKeyWrong, match="XPERT_ENCRYPTION_KEY is not set"):
        SellerBook(pool).refresh_token(seller.id)
    with pytest.raises(EncryptionKeyWrong, match=f"encrypted with key {key_id(KEY)}, XPERT_ENCRYPTION_KEY is"):
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


def test_equal_texts_are_sealed_differently_and_changes_are_noticed():
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


def test_the_first_marketplace_is_kept_once_there_are_loads(sellers, seller, pool):
    """The ledger's days are the first marketplace's: another one's days would look complete and never be loaded."""
    again = {"name": "Test Books", "region": "eu", "timezone": "Asia/Kolkata", "is_sandbox": True}
    sellers.add(seller.amazon_seller_id, marketplace_ids=["A1F83G8C2ARO7P"], **again)
    moved = sellers.add(seller.amazon_seller_id, marketplace_ids=["A21TJRUUN4KGV"], **again)
    assert moved.marketplace_ids == ("A21TJRUUN4KGV",)
    with tenant(pool, seller.id) as connection:
        connection.execute(
            "insert into loads (load_id, table_name, seller_id, source, window_kind, window_start, window_end, run_id, "
            "fetched, inserted, updated, unchanged, deleted, rejected, started_at) values (gen_random_uuid(), 'orders', "
            "%s, 's', 'created', now(), now(), 'r', 0, 0, 0, 0, 0, 0, now())",
            (seller.id,),
        )
    with pytest.raises(SellerMixed, match="has loads of marketplace A21TJRUUN4KGV"):
        sellers.add(seller.amazon_seller_id, marketplace_ids=["A1F83G8C2ARO7P"], **again)
    assert sellers.get(seller.amazon_seller_id).marketplace_ids == ("A21TJRUUN4KGV",)
