"""searchCatalogItems: at most twenty identifiers; unknown ones are skipped."""

from xpert_pipeline_tests.sandbox.client import INDIA

PATH = "/catalog/2022-04-01/items"


def search(client, asins, **params):
    params = {"marketplaceIds": INDIA, "identifiersType": "ASIN", "pageSize": 20, **params}
    return client.get(PATH, identifiers=",".join(asins), **params)


def asins_of(client):
    return list(dict.fromkeys(item["summaries"][0]["asin"] for item in client.listings()))


def test_known_asins_come_in_the_order_of_the_request(client):
    asins = asins_of(client)[:20]
    page = search(client, [*asins[:10], "B000000000", *asins[10:19]]).json()
    assert [item["asin"] for item in page["items"]] == asins[:19]
    assert page["numberOfResults"] == 19


def test_more_than_twenty_are_refused(client):
    assert search(client, asins_of(client)[:21]).status_code == 400


def test_pages_have_ten_items_by_default(client):
    asins = asins_of(client)[:15]
    params = {
        "marketplaceIds": INDIA,
        "identifiersType": "ASIN",
        "identifiers": ",".join(asins),
        "includedData": "summaries",
    }
    pages = list(client.pages(PATH, "pageToken", **params))
    assert [len(page["items"]) for page in pages] == [10, 5]
    assert [item["asin"] for page in pages for item in page["items"]] == asins


def test_a_sku_is_looked_up_for_its_own_seller(client):
    sku = client.listings()[0]["sku"]
    if "," in sku:
        sku = client.listings()[1]["sku"]
    page = search(client, [sku], identifiersType="SKU", sellerId=client.seller_id).json()
    assert len(page["items"]) == 1
    assert search(client, [sku], identifiersType="SKU").status_code == 400


def test_books_keep_the_leading_zero_of_their_isbn(new_sandbox):
    client = new_sandbox(days=1, skus=200)
    books = [asin for asin in asins_of(client) if asin.startswith("0")]
    assert books
    items = search(client, books[:5], includedData="identifiers").json()["items"]
    for item in items:
        (entry,) = item["identifiers"][0]["identifiers"]
        assert entry == {"identifierType": "ISBN", "identifier": item["asin"]}


def test_identifiers_and_one_marketplace_are_required(client):
    assert search(client, []).status_code == 400
    assert search(client, ["B0"], identifiersType="").status_code == 400
    assert search(client, ["B0"], marketplaceIds=f"{INDIA},A2VIGQ35RCS4UG").status_code == 400
