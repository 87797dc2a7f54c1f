"""searchListingsItems: filters, order, pages, and the ceiling of 1,000."""

import gzip

import pytest

from xpert_pipeline_tests.sandbox.client import INDIA
from xpert_pipeline_tests.sandbox.reading import rows


def search(client, **params):
    return client.get(f"/listings/2021-08-01/items/{client.seller_id}", **{"marketplaceIds": INDIA, **params})


def test_all_pages_together_contain_every_listing_once(client):
    truth = client.truth("products")
    assert sorted(item["sku"] for item in client.listings()) == sorted(row["sku"] for row in truth)
    assert len(truth) == 60


def test_a_page_has_ten_listings_by_default_and_at_most_twenty(client):
    assert len(search(client).json()["items"]) == 10
    assert len(search(client, pageSize=20).json()["items"]) == 20
    assert search(client, pageSize=21).status_code == 400


def test_without_included_data_there_are_only_summaries(client):
    assert {name for item in search(client).json()["items"] for name in item} == {"sku", "summaries"}


@pytest.mark.parametrize("field", ["createdDate", "lastUpdatedDate"])
@pytest.mark.parametrize("order", ["ASC", "DESC"])
def test_listings_are_sorted_as_requested(client, field, order):
    values = [item["summaries"][0][field] for item in client.listings(sortBy=field, sortOrder=order)]
    assert values == sorted(values, reverse=order == "DESC")


@pytest.mark.parametrize(
    ("field", "after", "before"),
    [("createdDate", "createdAfter", "createdBefore"), ("lastUpdatedDate", "lastUpdatedAfter", "lastUpdatedBefore")],
)
def test_windows_include_both_of_their_ends(client, field, after, before):
    times = sorted(item["summaries"][0][field] for item in client.listings())
    listings = client.listings(**{after: times[20], before: times[40]})
    assert sorted(item["summaries"][0][field] for item in listings) == [t for t in times if times[20] <= t <= times[40]]


def test_status_filters(client):
    buyable = client.listings(withStatus="BUYABLE")
    others = client.listings(withoutStatus="BUYABLE")
    assert all("BUYABLE" in item["summaries"][0]["status"] for item in buyable)
    assert all("BUYABLE" not in item["summaries"][0]["status"] for item in others)
    assert len(buyable) + len(others) == 60


def test_one_asin_can_have_two_skus(client):
    asins = [item["summaries"][0]["asin"] for item in client.listings()]
    twin = next(asin for asin in asins if asins.count(asin) == 2)
    listings = client.listings(identifiers=twin, identifiersType="ASIN")
    assert len({item["sku"] for item in listings}) == 2


def test_identifiers_need_their_type(client):
    assert search(client, identifiers="X").status_code == 400
    assert search(client, identifiersType="SKU").status_code == 400
    assert search(client, identifiers=",".join(map(str, range(21))), identifiersType="SKU").status_code == 400


def test_marketplace_is_required(client):
    assert search(client, marketplaceIds="").status_code == 400


def test_no_query_reaches_more_than_a_thousand_listings(new_sandbox):
    client = new_sandbox(skus=1100, days=1)
    assert search(client).json()["numberOfResults"] == 1100
    listings = client.listings(sortBy="createdDate", sortOrder="ASC")
    assert len(listings) == 1000
    last = listings[-1]["summaries"][0]["createdDate"]
    rest = client.listings(sortBy="createdDate", sortOrder="ASC", createdAfter=last)
    assert len({item["sku"] for item in listings + rest}) == 1100


def test_a_short_page_counts_all_listings_and_ends_early(client):
    client.fault("listings-page-short", 1)
    page = search(client, pageSize=20).json()
    assert (page["numberOfResults"], len(page["items"])) == (60, 10)
    assert "pagination" not in page
    assert len(client.listings()) == 60


def test_a_short_report_is_done_and_has_half_of_the_lines(client):
    whole = rows(client.text(client.report("GET_MERCHANT_LISTINGS_ALL_DATA")))
    client.fault("listings-report-short", 1)
    report = client.report("GET_MERCHANT_LISTINGS_ALL_DATA")
    assert report["processingStatus"] == "DONE"
    assert rows(client.text(report)) == whole[:30]
    assert len(rows(client.text(client.report("GET_MERCHANT_LISTINGS_ALL_DATA")))) == len(whole) == 60


def lines_with(client, fault):
    """The cells of the report's lines with a fault."""
    client.fault(fault, 1)
    text = client.text(client.report("GET_MERCHANT_LISTINGS_ALL_DATA"))
    return [line.split("\t") for line in text.split("\n")[:-1]]


def test_faults_of_the_report_change_its_lines_and_columns_alone(client):
    whole = client.text(client.report("GET_MERCHANT_LISTINGS_ALL_DATA"))
    header, *lines = [line.split("\t") for line in whole.split("\n")[:-1]]
    assert lines_with(client, "listings-report-header-only") == [header]
    assert lines_with(client, "listings-report-repeats") == [header, *lines[:30], *lines[:30]]
    lacking = lines_with(client, "listings-report-lacks-columns")
    assert lacking[0] == [name for name in header if name not in ("asin1", "status")]
    assert {len(cells) for cells in lacking} == {len(header) - 2}
    other = lines_with(client, "listings-report-other-columns")
    assert (other[0].count("Deprecated column"), other[0].count("fulfilment-channel"), other[1:]) == (2, 1, lines)
    ragged = lines_with(client, "listings-report-ragged")
    assert [len(cells) - len(header) for cells in ragged[:4]] == [0, 1, -1, 0]


def test_a_bad_byte_is_the_only_difference_of_a_damaged_report(client):
    whole = client.text(client.report("GET_MERCHANT_LISTINGS_ALL_DATA"))
    client.fault("listings-report-bad-byte", 1)
    document = client.document(client.report("GET_MERCHANT_LISTINGS_ALL_DATA")).json()
    raw = client.download(document["url"]).content
    raw = gzip.decompress(raw) if document.get("compressionAlgorithm") else raw
    with pytest.raises(UnicodeDecodeError):
        raw.decode()
    lines = zip(raw.decode(errors="replace").split("\n"), whole.split("\n"), strict=True)
    assert sum(damaged != line for damaged, line in lines) == 1


def test_a_null_page_and_two_channels_are_sent_by_the_search(client):
    client.fault("listings-page-null", 1)
    first, second = search(client, pageSize=2).json()["items"]
    assert (first, second["sku"] != "") == (None, True)
    client.fault("listings-two-channels", 1)
    items = search(client, pageSize=20, includedData="fulfillmentAvailability").json()["items"]
    channels = {tuple(entry["fulfillmentChannelCode"] for entry in item["fulfillmentAvailability"]) for item in items}
    assert channels <= {("DEFAULT", "AMAZON_IN"), ("DEFAULT",)}
    assert ("DEFAULT", "AMAZON_IN") in channels
