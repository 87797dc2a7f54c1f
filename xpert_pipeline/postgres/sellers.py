"""The sellers whose data the pipeline keeps, and their refresh tokens (encrypted; see `encryption`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from xpert_pipeline.postgres.encryption import EncryptionKeyWrong, decrypt, encrypt, key_id
from xpert_pipeline.postgres.errors import DatabaseError
from xpert_pipeline.postgres.pool import Pool, operator

ACTIVE = "active"
STOPPED = ("paused", "removed")
"""States in which the operator wants no sync: nobody expects such a seller to be loaded."""
COLUMNS = """id, amazon_seller_id, name, region, marketplace_ids, timezone, status, status_reason, is_sandbox,
             refresh_token_encrypted is not null as has_token, sync_hour,
             coalesce(sync_timezone, timezone) as sync_timezone"""


class SellerUnknown(DatabaseError):
    """No such seller: add it first."""


class SellerMixed(DatabaseError):
    """One seller entry would mix what must be kept apart: real and sandbox data, or marketplaces of several regions."""


@dataclass(frozen=True)
class Seller:
    """A seller as the pipeline knows it; `SellerBook.refresh_token` reads its token.

    All `marketplace_ids` are in `region`; `timezone` is that of the first one. The daily sync starts at `sync_hour` in
    `sync_timezone`.
    """

    id: UUID
    amazon_seller_id: str
    name: str
    region: str
    marketplace_ids: tuple[str, ...]
    timezone: str
    status: str
    status_reason: str | None
    is_sandbox: bool
    has_token: bool
    sync_hour: int = 2
    sync_timezone: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "marketplace_ids", tuple(self.marketplace_ids))
        object.__setattr__(self, "sync_timezone", self.sync_timezone or self.timezone)


class SellerBook:
    """Reads and writes `sellers`.

    Args:
        pool: The pipeline's pool.
        key: 32 bytes for the tokens; None if no token is stored or read.
    """

    def __init__(self, pool: Pool, key: bytes | None = None) -> None:
        self._pool = pool
        self._key = key

    def add(
        self,
        amazon_seller_id: str,
        *,
        name: str,
        region: str,
        marketplace_ids: Sequence[str],
        timezone: str,
        refresh_token: str | None = None,
        is_sandbox: bool = False,
        regions: Mapping[str, str] | None = None,
    ) -> Seller:
        """Add a seller, or update a known one and make it active again.

        Marketplaces may be added, removed or reordered at any time: loads are kept by marketplace, and the rows of a
        removed marketplace stay.

        Args:
            amazon_seller_id: Amazon's merchant id.
            name: Display name.
            region: SP-API region of all marketplaces: eu, na or fe.
            marketplace_ids: The marketplaces to load, at least one.
            timezone: IANA time zone of the first marketplace.
            refresh_token: The seller's token; None keeps the stored one.
            is_sandbox: Whether the seller exists only in the sandbox.
            regions: The region of each marketplace by its id, to check that all are in `region`.

        Raises:
            SellerMixed: It already exists as the other kind (sandbox or real), or its marketplaces are in several
                regions.
            EncryptionKeyWrong: There is a token to store, but no key.
        """
        _refuse_other_regions(amazon_seller_id, region, marketplace_ids, regions or {})
        fields = {
            "amazon_seller_id": amazon_seller_id,
            "name": name,
            "region": region,
            "marketplace_ids": list(marketplace_ids),
            "timezone": timezone,
            "is_sandbox": is_sandbox,
        }
        with operator(self._pool) as conn:
            _refuse_another_region(conn, amazon_seller_id, region)
            row = conn.execute(
                """
                insert into sellers as s (amazon_seller_id, name, region, marketplace_ids, timezone, is_sandbox)
                values (%(amazon_seller_id)s, %(name)s, %(region)s, %(marketplace_ids)s, %(timezone)s, %(is_sandbox)s)
                on conflict (amazon_seller_id) do update
                set name = excluded.name, region = excluded.region, marketplace_ids = excluded.marketplace_ids,
                    timezone = excluded.timezone, status = 'active', status_reason = null, updated_at = now()
                where s.is_sandbox = excluded.is_sandbox
                returning id
                """,
                fields,
            ).fetchone()
            if row is None:
                kind = "real" if is_sandbox else "sandbox"
                raise SellerMixed(
                    f"{amazon_seller_id} already exists as a {kind} seller: sandbox and real orders must not be mixed"
                )
            if refresh_token is not None:
                self._store_token(conn, row[0], refresh_token)
            return _one(conn, amazon_seller_id)

    def all(self) -> list[Seller]:
        """Return every seller, in the order of Amazon's ids."""
        with operator(self._pool) as conn, conn.cursor(row_factory=class_row(Seller)) as cursor:
            return cursor.execute(f"select {COLUMNS} from sellers order by amazon_seller_id").fetchall()  # noqa: S608

    def active(self) -> list[Seller]:
        """Return the sellers to sync."""
        return [seller for seller in self.all() if seller.status == ACTIVE]

    def get(self, amazon_seller_id: str) -> Seller:
        """Return one seller by Amazon's id.

        Raises:
            SellerUnknown: There is none.
        """
        with operator(self._pool) as conn:
            return _one(conn, amazon_seller_id)

    def set_status(self, seller_id: UUID, status: str, reason: str | None = None) -> None:
        """Store that a seller is active, paused, removed, reauth_required or revoked, and why."""
        with operator(self._pool) as conn:
            conn.execute(
                "update sellers set status = %s, status_reason = %s, updated_at = now()"
                " where id = %s and (status, status_reason) is distinct from (%s, %s)",
                [status, reason, seller_id, status, reason],
            )

    def require_reauthorization(self, seller_id: UUID, reason: str) -> None:
        """Store that Amazon refuses an active seller's token; a paused or removed seller stays as it is."""
        with operator(self._pool) as conn:
            conn.execute(
                "update sellers set status = 'reauth_required', status_reason = %s, updated_at = now()"
                " where id = %s and status = 'active'",
                [reason, seller_id],
            )

    def set_schedule(self, seller_id: UUID, *, hour: int | None, timezone: str | None) -> None:
        """Change when the daily sync starts. None keeps the hour or zone; an empty zone is the marketplace's."""
        with operator(self._pool) as conn:
            conn.execute(
                """
                update sellers
                set sync_hour = coalesce(%(hour)s, sync_hour), updated_at = now(),
                    sync_timezone = case when %(zone)s::text is null then sync_timezone else nullif(%(zone)s, '') end
                where id = %(id)s
                """,
                {"hour": hour, "zone": timezone, "id": seller_id},
            )

    def remove(self, seller_id: UUID) -> None:
        """Delete the seller's refresh token and never sync it again; its rows stay. `add` brings it back."""
        with operator(self._pool) as conn:
            conn.execute(
                """
                update sellers
                set status = 'removed', status_reason = 'removed by the operator', refresh_token_encrypted = null,
                    encryption_key_id = null, updated_at = now()
                where id = %s
                """,
                [seller_id],
            )

    def refresh_token(self, seller_id: UUID) -> str | None:
        """Return the seller's token, None if none is stored.

        Raises:
            EncryptionKeyWrong: There is a token, but its key is missing.
        """
        with operator(self._pool) as conn:
            row = conn.execute(
                "select refresh_token_encrypted, encryption_key_id from sellers where id = %s", [seller_id]
            ).fetchone()
        if row is None or row[0] is None:
            return None
        return decrypt(self._needed_key(), bytes(row[0]), str(seller_id), row[1])

    def _store_token(self, conn: Connection, seller_id: UUID, token: str) -> None:
        key = self._needed_key()
        conn.execute(
            "update sellers set refresh_token_encrypted = %s, encryption_key_id = %s where id = %s",
            [encrypt(key, token, str(seller_id)), key_id(key), seller_id],
        )

    def _needed_key(self) -> bytes:
        if self._key is None:
            raise EncryptionKeyWrong("XPERT_ENCRYPTION_KEY is not set: it is needed for stored refresh tokens")
        return self._key


def _refuse_other_regions(
    amazon_seller_id: str, region: str, marketplace_ids: Sequence[str], regions: Mapping[str, str]
) -> None:
    """Refuse marketplaces of several regions: a token and its quotas are valid for one region only."""
    others = sorted({regions.get(marketplace_id, region) for marketplace_id in marketplace_ids} - {region})
    if others:
        places = ", ".join(f"{name} ({regions.get(name, region)})" for name in marketplace_ids)
        raise SellerMixed(
            f"the marketplaces of {amazon_seller_id} are in several regions: {places}. One seller entry has one region:"
            f" add the marketplaces of {', '.join(others)} as another seller, with that region's seller id and "
            "authorization"
        )


def _refuse_another_region(conn: Connection, amazon_seller_id: str, region: str) -> None:
    """Refuse to move a seller with loads to another region: its token and quotas are not valid there."""
    known = conn.execute(
        "select id, region, set_config('app.seller_id', id::text, true) from sellers"
        " where amazon_seller_id = %s and region <> %s",
        [amazon_seller_id, region],
    ).fetchone()
    if known and conn.execute("select from loads where seller_id = %s limit 1", [known[0]]).fetchone() is not None:
        raise SellerMixed(
            f"{amazon_seller_id} has loads of region {known[1]}. One seller entry has one region: add the marketplaces "
            f"of {region} as another seller, with that region's seller id and authorization"
        )


def _one(conn: Connection, amazon_seller_id: str) -> Seller:
    with conn.cursor(row_factory=class_row(Seller)) as cursor:
        query = f"select {COLUMNS} from sellers where amazon_seller_id = %s"  # noqa: S608
        seller = cursor.execute(query, [amazon_seller_id]).fetchone()
    if seller is None:
        raise SellerUnknown(f"seller {amazon_seller_id} is not known: add it with `xpert sellers add`")
    return seller
