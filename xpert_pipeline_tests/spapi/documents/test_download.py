"""Documents are accepted only complete, from Amazon's own storage, and within bounds."""

import gzip

import pytest

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.documents.download import Limits, fetch_document
from xpert_pipeline_tests.spapi.scripted import Reply, Scripted, cut_without_length, drip, refusal, reset

UNLIMITED = {"x-amzn-RateLimit-Limit": "10000"}
META = "/reports/2021-06-30/documents/doc"
TEXT = "".join(f"order {n}\tकुर्ता\n" for n in range(3000))
PACKED = gzip.compress(TEXT.encode())
EXPIRED = Reply(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")


@pytest.fixture
def document_server(amazon):
    """The document's address is /file on this server."""
    url = f"{amazon.url}/file?X-Amz-Signature=canary-signature"
    amazon.on("GET", META, Reply(200, {"reportDocumentId": "doc", "url": url}, {"x-amzn-RateLimit-Limit": "10000"}))
    return amazon


def fetch(api, tmp_path, **limits):
    return fetch_document(api, "doc", tmp_path, limits=Limits(**limits) if limits else None)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, TEXT.encode()),
        Reply(200, PACKED),
        Reply(200, gzip.compress(PACKED)),
        Reply(200, PACKED, {"Content-Encoding": "gzip"}),
        Reply(200, gzip.compress(PACKED), {"Content-Encoding": "gzip"}),
        Reply(200, gzip.compress(TEXT[:100].encode()) + gzip.compress(TEXT[100:].encode())),
        cut_without_length(PACKED),
    ],
    ids=["plain", "gzip", "twice", "encoded", "encoded twice", "members", "gzip to the end of the connection"],
)
def test_the_document_arrives_whole_however_it_is_packed(document_server, api, tmp_path, reply):
    document_server.on("GET", "/file", reply)
    document = fetch(api, tmp_path)
    with document.open_text() as text:
        assert text.read() == TEXT
    assert document.size == len(TEXT.encode())
    document.remove()
    assert list(tmp_path.iterdir()) == []


def test_no_header_with_a_token_goes_to_the_storage(document_server, api, tmp_path):
    document_server.on("GET", "/file", Reply(200, b"x"))
    fetch(api, tmp_path)
    assert "x-amz-access-token" not in document_server.calls("/file")[0].headers


@pytest.mark.parametrize(("charset", "header"), [("cp1252", None), ("cp932", "text/plain; charset=Windows-31J")])
def test_the_charset_is_the_declared_one_or_found(document_server, api, tmp_path, charset, header):
    body = ("着物" if charset == "cp932" else "café €").encode(charset)
    document_server.on("GET", "/file", Reply(200, body, {"Content-Type": header} if header else {}))
    document = fetch(api, tmp_path)
    assert document.charset.codec == charset
    with document.open_text() as text:
        assert text.read().encode(charset) == body


def test_an_expired_address_is_requested_again_and_never_stored(document_server, api, tmp_path):
    """The library returns the storage's error page as if it were the report."""
    document_server.on("GET", "/file", EXPIRED, Reply(200, PACKED))
    assert fetch(api, tmp_path).size == len(TEXT.encode())
    assert len(document_server.calls(META)) == 2


@pytest.mark.parametrize("status", [404, 400])
def test_a_young_document_that_amazon_does_not_know_yet_is_asked_for_again(document_server, api, tmp_path, status):
    """Amazon answered 404 for a document whose id it had returned a moment ago, and the report was given up."""
    found = Reply(200, {"reportDocumentId": "doc", "url": f"{document_server.url}/file"}, UNLIMITED)
    unknown = refusal(status, "NotFound", "Resource not found", **UNLIMITED)
    document_server.on("GET", META, *[unknown] * 4, found)
    document_server.on("GET", "/file", Reply(200, PACKED))
    assert fetch_document(api, "doc", tmp_path, is_young=True).size == len(TEXT.encode())
    assert len(document_server.calls(META)) == 5


def test_a_young_document_that_stays_unknown_is_left_to_the_next_run(document_server, api, tmp_path):
    document_server.on("GET", META, refusal(404, "NotFound", "Resource not found", **UNLIMITED))
    with pytest.raises(errors.NotYetKnown, match="the id is kept, and the next run asks for it again"):
        fetch_document(api, "doc", tmp_path, is_young=True)
    assert len(document_server.calls(META)) == 5


def test_an_old_document_that_amazon_does_not_know_is_past_its_retention(document_server, api, tmp_path):
    document_server.on("GET", META, refusal(404, "NotFound", "Resource not found", **UNLIMITED))
    with pytest.raises(errors.NotFound):
        fetch(api, tmp_path)
    assert len(document_server.calls(META)) == 1


def test_an_address_that_stays_expired_is_an_error(document_server, api, tmp_path):
    document_server.on("GET", "/file", EXPIRED)
    with pytest.raises(errors.DocumentExpired):
        fetch(api, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "broken",
    [
        Reply(200, PACKED[:-20]),
        Reply(200, PACKED[:-6] + b"\0" * 6),
        cut_without_length(TEXT.encode()),
        Reply(200, PACKED + b"?"),
    ],
    ids=["truncated", "checksum", "no end", "foreign bytes"],
)
def test_broken_bytes_are_fetched_again_and_never_loaded(document_server, api, tmp_path, broken):
    document_server.on("GET", "/file", broken, Reply(200, PACKED))
    assert fetch(api, tmp_path).size == len(TEXT.encode())
    document_server.on("GET", "/file", broken)
    with pytest.raises(errors.DocumentBroken):
        fetch(api, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_connection_that_breaks_is_tried_again_with_the_same_address(document_server, api, tmp_path):
    document_server.on("GET", "/file", reset, Reply(503, b""), Reply(200, PACKED))
    assert fetch(api, tmp_path).size == len(TEXT.encode())
    assert len(document_server.calls(META)) == 1


def test_a_body_shorter_than_announced_is_an_error(document_server, api, tmp_path):
    def short(handler):
        Reply(200, b"abc", {"Content-Length": "100"})(handler)
        handler.close_connection = True

    document_server.on("GET", "/file", short)
    with pytest.raises(errors.Transient):
        fetch(api, tmp_path)


def test_a_dripping_document_hits_its_deadline(document_server, api, tmp_path):
    document_server.on("GET", "/file", drip(30))
    with pytest.raises(errors.Transient, match="deadline"):
        fetch(api, tmp_path, seconds=0.5)


def test_a_document_that_is_too_large_is_refused_and_removed(document_server, api, tmp_path):
    document_server.on("GET", "/file", Reply(200, PACKED))
    with pytest.raises(errors.DocumentRefused, match="larger than 1,000 bytes"):
        fetch(api, tmp_path, max_bytes=1000)
    assert list(tmp_path.iterdir()) == []


def test_a_gzip_bomb_is_refused(document_server, api, tmp_path):
    document_server.on("GET", "/file", Reply(200, gzip.compress(bytes(100_000_000))))
    with pytest.raises(errors.DocumentRefused, match="200:1"):
        fetch(api, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://example.com/file",
        "http://bucket.s3.amazonaws.com/file",
        "https://bucket.s3.amazonaws.com.example.com/file",
        "https://bucket.s3.amazonaws.com@example.com/file",
        "https://bucket.s3.amazonaws.com:8443/file",
        "http://127.0.0.1:9/file",
        "file:///etc/passwd",
        "https:///file",
    ],
)
def test_a_foreign_address_is_never_fetched(amazon, api, tmp_path, url):
    amazon.on("GET", META, Reply(200, {"url": url}))
    with pytest.raises(errors.DocumentRefused):
        fetch(api, tmp_path)


def test_a_loopback_address_is_foreign_to_a_seller_at_amazon(amazon, make_api, tmp_path):
    from xpert_pipeline.spapi.documents.download import _Download  # noqa: PLC0415

    api = make_api(endpoint="https://sellingpartnerapi-eu.amazon.com")
    download = _Download(api, "doc", tmp_path / "x", Limits())
    with pytest.raises(errors.DocumentRefused):
        download._checked_url(f"{amazon.url}/file")
    assert download._checked_url("https://tortuga-prod-eu.s3-eu-west-1.amazonaws.com/x?X-Amz-Signature=1")


def test_a_redirect_of_the_storage_is_refused(document_server, api, tmp_path):
    elsewhere = Scripted()
    try:
        document_server.on("GET", "/file", Reply(302, b"", {"Location": elsewhere.url}))
        with pytest.raises(errors.RedirectRefused):
            fetch(api, tmp_path)
        assert elsewhere.seen == []
    finally:
        elsewhere.stop()


def test_the_signature_of_an_address_is_in_no_error_and_no_log(document_server, api, tmp_path, caplog):
    caplog.set_level("DEBUG")
    document_server.on("GET", "/file", EXPIRED)
    with pytest.raises(errors.DocumentExpired) as caught:
        fetch(api, tmp_path)
    assert "canary-signature" not in caplog.text + str(caught.value) + repr(caught.value.__dict__)
