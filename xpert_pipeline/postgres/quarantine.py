"""Keeps complete records that break their table's contract, with the reason, so that nothing from Amazon is lost."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from xpert_pipeline.postgres.plain_json import dump_json

INSERT = """
insert into rejected_records as r
  (seller_id, marketplace_id, table_name, content_hash, record_key, reason, record, source, load_id, run_id)
values (%(seller_id)s, %(marketplace_id)s, %(table)s, %(hash)s, %(key)s, %(reason)s, %(record)s::jsonb, %(source)s,
        %(load_id)s, %(run_id)s)
on conflict (seller_id, table_name, marketplace_id, content_hash) do update
set times_seen = r.times_seen + 1, last_seen_at = now(), reason = excluded.reason, source = excluded.source,
    load_id = excluded.load_id, run_id = excluded.run_id
"""


@dataclass(frozen=True)
class Reject:
    """A record that cannot become a row.

    Attributes:
        record: The payload as it arrived.
        reason: What is wrong with it.
        record_key: Its own key, if it has one.
        marketplace_id: Its marketplace, if it is known.
    """

    record: Any
    reason: str
    record_key: str | None = None
    marketplace_id: str | None = None


def keep_rejects(conn: Connection, rejects: Sequence[Reject], **of_load: Any) -> None:
    """Write the records without duplicates, in the load's transaction.

    Args:
        conn: The load's transaction.
        rejects: The records.
        of_load: seller_id, table, source, load_id, run_id and marketplace_id. The last one applies to records that
            name no marketplace; it is None if the load covers several.
    """
    rows = {}
    for reject in rejects:
        text = dump_json(reject.record)
        marketplace_id = reject.marketplace_id or of_load["marketplace_id"]
        content_hash = hashlib.sha256(text.encode()).hexdigest()
        rows[marketplace_id, content_hash] = {
            **of_load,
            "marketplace_id": marketplace_id,
            "hash": content_hash,
            "key": reject.record_key,
            "reason": reject.reason,
            "record": text,
        }
    if rows:
        with conn.cursor() as cursor:
            cursor.executemany(INSERT, list(rows.values()))
