"""Generates `docs/tables.md`, the README's list of tables and `sql/comments.sql` from the declarations of the tables.

Run `make docs` after changing a row contract. A test compares the files with the declarations.
"""

from collections.abc import Iterator
from pathlib import Path

from xpert_pipeline.assets.registry import (
    RECONCILIATIONS,
    SOURCES,
    TABLES,
    declared_reconciliations,
    declared_sources,
)
from xpert_pipeline.sources.declarations import require_valid
from xpert_pipeline.sources.source import Source
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline.tables.columns import Column, columns_of
from xpert_pipeline.tables.contract import Table

ROOT = Path(__file__).resolve().parent.parent
ALSO = (
    "Every table also has `id` (random row id), `seller_id`, `source` (operation or report that last changed the row), "
    "`load_id` (see `loads`), `created_at` and `updated_at`. Days are the marketplace's own local days, times are UTC. "
    "Amounts of different currencies are never added."
)
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->"


def comments_sql() -> str:
    """Return comments for all tables and columns, as SQL that can run any number of times."""
    lines = [
        "-- Comments for the pipeline's tables. Generated from the row contracts: run `make docs`, do not edit.",
        "",
    ]
    for table in TABLES:
        about = table.about
        assert about is not None
        lines.append(
            f"comment on table public.{table.name} is\n'One row is {_sql(about.grain)}. Source: {_sql(about.source)}.';"
        )
        lines += [
            f"comment on column public.{table.name}.{column.name} is\n'{_sql(column.comment)}';"
            for column in columns_of(table.row)
        ]
        lines.append("")
    return "\n".join(lines)


def tables_md() -> str:
    """Return the reference for all tables."""
    parts = [
        "# Tables",
        "",
        "Generated from the row contracts: run `make docs`, do not edit.",
        "",
        ALSO,
        "",
    ]
    for source in SOURCES:
        for table in source.tables:
            parts += [*_section(source, table), ""]
    return "\n".join(parts)


def readme_list() -> str:
    """Return the README's list of tables."""
    rows = ["| table | one row is | key, with `seller_id` | source |", "|---|---|---|---|"]
    for table in TABLES:
        about = table.about
        assert about is not None
        key = ", ".join(f"`{name}`" for name in table.key)
        rows.append(f"| [`{table.name}`](docs/tables.md#{table.name}) | {about.grain} | {key} | {about.source} |")
    return "\n".join(rows) + "\n"


def write(root: Path = ROOT) -> list[Path]:
    """Write all generated files; returns those that changed.

    Raises:
        DeclarationError: A source is declared wrongly, so nothing is written.
    """
    require_valid(SOURCES, declared_sources(), RECONCILIATIONS, declared_reconciliations())
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    files = {
        root / "sql" / "comments.sql": comments_sql(),
        root / "docs" / "tables.md": tables_md(),
        readme: f"{before}{BEGIN}{readme_list()}{END}{after}",
    }
    changed = [
        path for path, content in files.items() if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    for path in changed:
        path.write_text(files[path], encoding="utf-8")
    return changed


def _section(source: Source, table: Table) -> Iterator[str]:
    about = table.about
    assert about is not None
    yield f"## {table.name}"
    yield ""
    yield f"One row is {about.grain}."
    yield ""
    yield f"- Key: {', '.join(f'`{name}`' for name in ('seller_id', *table.key))}"
    yield f"- Source: {about.source}"
    if source.roles:
        yield f"- Role: {' or '.join(source.roles)}"
    if source.marketplaces is not None:
        countries = sorted(by_id(marketplace_id).country for marketplace_id in source.marketplaces)
        yield f"- Offered by Amazon in: {', '.join(countries)}"
    if source.after:
        yield f"- Loaded after: {', '.join(f'`{name}`' for name in source.after)}"
    yield f"- Freshness: {about.freshness}"
    yield f"- Restatement: {about.restatement}"
    yield ""
    yield "| column | type | unit | meaning | NULL means |"
    yield "|---|---|---|---|---|"
    yield from (_column(column) for column in columns_of(table.row))
    yield ""
    yield "```sql"
    yield about.example
    yield "```"


def _column(column: Column) -> str:
    null = column.null_meaning if column.is_nullable else "never NULL"
    if column.unfilled:
        null += f" Always NULL in the sandbox: {column.unfilled}"
    return f"| `{column.name}` | {column.sql_type} | {column.unit} | {_cell(column.meaning)} | {_cell(null)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sql(text: str) -> str:
    return text.replace("'", "''")


if __name__ == "__main__":
    for path in write():
        print(f"written: {path.relative_to(ROOT)}")  # noqa: T201  the command's output
