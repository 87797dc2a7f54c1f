"""Which documents of listed reports were read; they are subjects in `lookups`."""

from collections.abc import Sequence
from uuid import UUID

from xpert_pipeline.postgres.pool import Pool, tenant
from xpert_pipeline.postgres.scope import Scope

READ = """
select distinct subject from lookups
where seller_id = %(seller_id)s and table_name = %(table)s and subject = any(%(documents)s)
"""
MARK = """
insert into lookups (seller_id, marketplace_id, table_name, subject)
values (%(seller_id)s, %(marketplace_id)s, %(table)s, %(document)s)
on conflict (seller_id, marketplace_id, table_name, subject) do update set answered_at = clock_timestamp()
"""


def documents_read(pool: Pool, seller_id: UUID, table: str, documents: Sequence[str]) -> set[str]:
    """Return which of these documents were read at any time, whichever marketplace their rows belong to."""
    with tenant(pool, seller_id) as conn:
        values = {"seller_id": seller_id, "table": table, "documents": list(documents)}
        return {document for (document,) in conn.execute(READ, values).fetchall()}


def mark_read(pool: Pool, scope: Scope, table: str, document: str) -> None:
    """Remember that a document was read, so that no run downloads it again."""
    with tenant(pool, scope.seller_id) as conn:
        place = {"seller_id": scope.seller_id, "marketplace_id": scope.marketplace_id}
        conn.execute(MARK, {**place, "table": table, "document": document})
