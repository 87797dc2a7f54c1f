"""The report as one HTML page that needs no network: tiles, charts, tables, and the SQL behind each of them."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xpert_pipeline.cli.report.blocks import blocks, element_id, tiles
from xpert_pipeline.cli.report.charts import charts_of
from xpert_pipeline.cli.report.figures import Store
from xpert_pipeline.postgres.sellers import Seller

HERE = Path(__file__).parent
GENERATOR = "xpert report"
"""Marks the pages that the command may write over."""
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
"""The page loads nothing from anywhere."""


def page(seller: Seller, stores: Sequence[Store], made_at: datetime) -> str:
    """Return the report of a seller.

    Args:
        seller: The seller.
        stores: What to show of each of its marketplaces.
        made_at: When it was made, in the seller's time zone.
    """
    filled = [store for store in stores if not store.is_empty]
    charts = {element_id(store, name): chart for store in filled for name, chart in charts_of(store).items()}
    body = "\n".join((*_header(seller, stores, made_at), *(_store(store) for store in stores), _queries(filled)))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{GENERATOR}">
<meta name="referrer" content="no-referrer">
<title>{escape(seller.name)}: report of {made_at:%Y-%m-%d}</title>
<style>{(HERE / "page.css").read_text(encoding="utf-8")}</style>
</head>
<body>
<main>
{body}
</main>
<script type="application/json" id="charts">{_json(charts)}</script>
{_scripts() if charts else ""}
</body>
</html>
"""


def _scripts() -> str:
    return f"<script>{_plotly()}</script>\n<script>{(HERE / 'page.js').read_text(encoding='utf-8')}</script>"


def _plotly() -> str:
    """The charts' library, without importing the Python package around it."""
    found = find_spec("plotly")
    assert found is not None
    assert found.submodule_search_locations
    return (Path(found.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def _json(value: Any) -> str:
    """JSON that ends no script element, whatever it contains."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _header(seller: Seller, stores: Sequence[Store], made_at: datetime) -> Iterator[str]:
    yield f"<header><h1>{escape(seller.name)}</h1>"
    yield f'<p class="quiet">Seller {escape(seller.amazon_seller_id)}, made on {made_at:%Y-%m-%d at %H:%M %Z}. '
    yield "Days are the marketplace's own. Sales count on the day of the purchase, margins on the day on which Amazon "
    yield "posted the money. Each figure links to its SQL.</p>"
    if len(stores) > 1:
        links = [f'<a href="#{each.place.country}">{escape(each.place.domain)}</a>' for each in stores]
        yield f"<p>{' · '.join(links)}</p>"
    yield "</header>"


def _store(store: Store) -> str:
    place = store.place
    head = f'<section class="store" id="{place.country}"><h2>{escape(place.domain)}, {place.currency}</h2>'
    if store.is_empty:
        nothing = f"Nothing of these days is loaded for {escape(place.domain)}: run"
        return f"{head}<p>{nothing} <code>xpert sync</code>.</p></section>"
    return f'{head}<div class="tiles">{tiles(store)}</div><div class="blocks">{blocks(store)}</div></section>'


def _queries(stores: Sequence[Store]) -> str:
    if not stores:
        return ""
    parts = [
        f'<article class="query" id="{element_id(store, f"sql-{name}")}"><h3>{escape(answer.question)}</h3>'
        f'<p class="quiet">{escape(store.place.domain)}. {escape(answer.about)}</p>'
        f"<pre>{escape(answer.statement)};</pre></article>"
        for store in stores
        for name, answer in store.answers.items()
    ]
    return (
        '<section id="queries"><h2>The SQL behind the figures</h2>'
        "<p>Run a statement with <code>xpert db shell</code>, or as any login that may read the seller.</p>"
        f"{''.join(parts)}</section>"
    )
