"""Downloads report and Data Kiosk documents to a file, and accepts only complete ones.

It checks the address (no foreign host), the status, the length, the end and checksum of every gzip member, the size,
and the compression ratio, and finds the charset. `flat_files`, `json_lines` and `operations.all_orders_report` parse
the files.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from urllib.parse import urlsplit

import httpx

from xpert_pipeline.spapi import errors
from xpert_pipeline.spapi.documents.charsets import Charset, charset_of
from xpert_pipeline.spapi.documents.gunzip import BrokenGzip, Gunzip
from xpert_pipeline.spapi.sending.confirming import NO_DOUBTS, Doubts
from xpert_pipeline.spapi.sending.deadline import Deadline
from xpert_pipeline.spapi.sending.retry import RetryPolicy, with_retries
from xpert_pipeline.spapi.sending.transport import NetworkFailure, is_loopback, timed
from xpert_pipeline.spapi.session import SellerApi

_CODINGS = ("", "identity", "gzip", "x-gzip", "aws-chunked")  # gzip or none; aws-chunked is a leftover of the upload
YOUNG_DOCUMENT = Doubts((errors.NotFound, errors.BadRequest), repeats=4)
"""Amazon may not know a document's id yet that it has just returned: it is asked for again after 2, 4, 8 and 16
seconds. One getReportDocument token refills in a minute, so more than a few repeats would only empty the bucket."""
_FREE_BYTES = 64 * 1024 * 1024  # up to this size any compression ratio is allowed


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """How to get one kind of document.

    Attributes:
        name: Its name in messages.
        operation: The operation that returns a document's address.
        address: The key of the address in that operation's answer.
    """

    name: str
    operation: str
    address: str


REPORTS = DocumentSource("report document", "getReportDocument", "url")
DATA_KIOSK = DocumentSource("Data Kiosk document", "getDocument", "documentUrl")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for one download."""

    max_bytes: int = 4 * 1024**3
    max_ratio: int = 200
    seconds: float = 1800.0


@dataclass(frozen=True, slots=True)
class Document:
    """A complete document on disk, uncompressed. Remove it when done.

    Attributes:
        path: The file.
        charset: How to decode it.
        size: Uncompressed size in bytes.
    """

    path: Path
    charset: Charset
    size: int

    def open_text(self) -> TextIO:
        """Open the file as text without its byte order mark; only LF ends a line.

        Bytes that the charset cannot decode become U+FFFD; `charset.signals` counts them.
        """
        return self.path.open(encoding=self.charset.codec, errors="replace", newline="\n")

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)


def fetch_document(
    api: SellerApi,
    document_id: str,
    directory: Path,
    *,
    source: DocumentSource = REPORTS,
    limits: Limits | None = None,
    is_young: bool = False,
) -> Document:
    """Download a document into a directory (getReportDocument or getDocument, then the address it returns).

    If the address has expired or the bytes are broken, this requests a new address. It recognises gzip by its magic
    number, not by headers, so it does not matter whether Amazon compressed the document or the HTTP body.

    Args:
        api: The seller.
        document_id: Amazon's id of the document.
        directory: Where to write the file.
        source: Which kind of document.
        limits: Limits on size, compression ratio and time.
        is_young: Whether Amazon returned the id a short time ago, so that it may not know it yet.

    Raises:
        NotYetKnown: Amazon does not know the young id, even after some repeats.
        DocumentRefused: The host is foreign, or the document is too large or compressed too much.
        DocumentBroken: The document was truncated or damaged in every try.
        NotFound: The document is past its retention.
    """
    limits = limits or Limits()
    path = directory / f"report-{uuid.uuid4().hex}"  # an id from Amazon is never part of a file name
    download = _Download(api, document_id, path, limits, source, is_young=is_young)
    try:
        charset = download.run()
        return Document(path, charset, path.stat().st_size)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def read_reason(api: SellerApi, document_id: str, source: DocumentSource = REPORTS) -> str:
    """Return the document that explains a FATAL report or query, up to 2,000 letters, or why we could not read it."""
    import tempfile  # noqa: PLC0415  only needed after a failure

    with tempfile.TemporaryDirectory(prefix="xpert-report-") as directory:
        try:
            folder, limits = Path(directory), Limits(max_bytes=1_000_000)
            document = fetch_document(api, document_id, folder, source=source, limits=limits)
        except errors.SpApiError as exc:
            return f"its reason could not be read: {exc.message}"
        with document.open_text() as text:
            return " ".join(text.read(2000).split()) or "Amazon's reason is empty"


class _Download:
    """Downloads one document to a file; requests a new address when the old one is no longer valid."""

    def __init__(
        self,
        api: SellerApi,
        document_id: str,
        path: Path,
        limits: Limits,
        source: DocumentSource = REPORTS,
        *,
        is_young: bool = False,
    ) -> None:
        self._api = api
        self._document_id = document_id
        self._path = path
        self._limits = limits
        self._source = source
        self._is_young = is_young
        self._url: str | None = None
        self._facts: dict[str, Any] = {"operation": source.name, "seller": api.seller_id}

    def run(self) -> Charset:
        policy = self._api.policy
        download_policy = RetryPolicy(
            attempts=3,
            base_seconds=policy.base_seconds,
            cap_seconds=policy.cap_seconds,
            deadline_seconds=self._limits.seconds,
        )
        declared = with_retries(self._attempt, download_policy, self._pause)
        return charset_of(self._path, declared)

    def _pause(self, seconds: float, error: errors.Transient) -> None:
        self._api.pause(self._source.name, seconds, f"retry: {error.message}")

    def _attempt(self, deadline: Deadline) -> str | None:
        if self._url is None:
            with deadline.paused():  # the gate has its own deadline
                self._url = self._checked_url(self._address())
        try:
            with self._opened(self._url, deadline) as response, self._path.open("wb") as sink:
                self._write(response, deadline, sink)
                return response.charset_encoding
        except NetworkFailure as exc:
            raise errors.Transient(str(exc), **self._facts) from exc
        except BrokenGzip as exc:
            self._url = None
            raise errors.DocumentBroken(str(exc), **self._facts) from exc
        except errors.DocumentExpired:
            self._url = None
            raise

    def _address(self) -> str:
        key = self._source.address
        doubts = YOUNG_DOCUMENT if self._is_young else NO_DOUBTS
        try:
            answer = self._api.call(self._source.operation, self._document_id, expects={key: str}, doubts=doubts)
        except (errors.NotFound, errors.BadRequest) as exc:
            if not self._is_young:
                raise
            raise errors.NotYetKnown(f"Amazon does not know the document yet: {exc.message}", **exc.facts()) from exc
        return str(answer[key])

    @contextmanager
    def _opened(self, url: str, deadline: Deadline) -> Iterator[httpx.Response]:
        headers = {"accept-encoding": "identity"}  # no token: the address contains its own signature
        with self._api.transport.stream("GET", url, deadline=deadline, headers=headers) as response:
            status = response.status_code
            if status == 403:
                raise errors.DocumentExpired("its address has expired", status=status, **self._facts)
            if 300 <= status < 400:
                raise errors.RedirectRefused("the document's address redirects", status=status, **self._facts)
            if status != 200:
                kind = errors.Transient if status >= 500 or status == 429 else errors.NotFound
                raise kind("the document cannot be downloaded", status=status, **self._facts)
            coding = response.headers.get("content-encoding", "identity").strip().lower()
            if coding not in _CODINGS:
                raise errors.DocumentRefused(f"compressed with {coding[:40]}, which we did not request", **self._facts)
            yield response

    def _write(self, response: httpx.Response, deadline: Deadline, sink: BinaryIO) -> None:
        """Write the uncompressed document, within the limits."""
        gunzip, written, received = Gunzip(), 0, 0
        for raw in timed(response.iter_raw(), deadline):
            received += len(raw)
            for piece in gunzip.feed(raw):
                written += len(piece)
                self._check_size(written, received)
                sink.write(piece)
        for piece in gunzip.finish():
            sink.write(piece)
        has_known_end = "content-length" in response.headers or "transfer-encoding" in response.headers
        if not gunzip.compressed and not has_known_end:
            raise BrokenGzip("the server did not say where the document ends, so it may be cut off")

    def _check_size(self, written: int, received: int) -> None:
        if written > self._limits.max_bytes:
            raise errors.DocumentRefused(f"larger than {self._limits.max_bytes:,} bytes", **self._facts)
        if written > _FREE_BYTES and written > received * self._limits.max_ratio:
            raise errors.DocumentRefused(
                f"compressed more than {self._limits.max_ratio}:1, like a zip bomb", **self._facts
            )

    def _checked_url(self, url: str) -> str:
        """Accept https addresses of Amazon's storage; for a loopback endpoint, also its own host and port."""
        parts, own = urlsplit(url), urlsplit(self._api.endpoint)
        if is_loopback(self._api.endpoint) and (parts.scheme, parts.netloc) == (own.scheme, own.netloc):
            return url
        host = parts.hostname or ""
        if parts.scheme == "https" and host.endswith(".amazonaws.com") and parts.port in (None, 443):
            return url
        raise errors.DocumentRefused(f"its address is on {host or 'no host'}, not Amazon's storage", **self._facts)
