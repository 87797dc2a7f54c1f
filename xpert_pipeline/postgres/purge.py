"""Counts and deletes everything that the database keeps about one seller."""

from uuid import UUID

from psycopg.sql import SQL, Identifier

from xpert_pipeline.postgres.pool import Pool, operator, tenant

BY_AMAZON_ID = ("quota_waiters", "api_quota")
"""Tables that name a seller by Amazon's id, in their column `scope`; all others have `seller_id`."""
TABLES = """
select c.table_name
from information_schema.columns as c
inner join information_schema.tables as t using (table_schema, table_name)
where c.table_schema = 'public' and c.column_name = 'seller_id' and t.table_type = 'BASE TABLE'
order by 1
"""


def rows_by_table(pool: Pool, seller_id: UUID) -> dict[str, int]:
    """Return the number of the seller's rows in each table that has any."""
    counts = {}
    with tenant(pool, seller_id) as conn:
        for (table,) in conn.execute(TABLES).fetchall():
            statement = SQL("select count(*) from {} where seller_id = %s").format(Identifier(table))
            (counts[table],) = conn.execute(statement, [seller_id]).fetchone() or (0,)
    return {table: count for table, count in counts.items() if count}


def purge_seller(pool: Pool, seller_id: UUID) -> None:
    """Delete a seller; the rows of all other tables go with it, and its quota buckets, too."""
    with operator(pool) as conn:
        deleted = conn.execute("delete from sellers where id = %s returning amazon_seller_id", [seller_id]).fetchall()
        for (amazon_seller_id,) in deleted:
            for table in BY_AMAZON_ID:
                conn.execute(SQL("delete from {} where scope = %s").format(Identifier(table)), [amazon_seller_id])
