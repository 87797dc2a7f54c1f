"""Checks that compare our daily figures with Amazon's own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString

import dagster as dg

from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.sources.checks import (
    asset_check,
    complete_days,
    markets_to_check,
    select_rows,
    sellers_to_check,
)
from xpert_pipeline.sources.figures import RunFigures
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.wording import counted

SHOWN = 100
Figures = tuple[Any, ...]
Theirs = Callable[[SellerApi, str, datetime, datetime], Mapping[date, Figures]]
"""Returns Amazon's figures by local day, for a marketplace and a half-open span."""


def daily_check(
    asset: str,
    name: str,
    meaning: str,
    *,
    complete_by: str,
    figures: Sequence[str],
    ours: LiteralString,
    theirs: Theirs,
) -> dg.AssetChecksDefinition:
    """Return a check that warns about days whose figures differ from Amazon's.

    Args:
        asset: The table.
        name: Name of the check.
        meaning: What is true if the check passes.
        complete_by: Table whose loaded days can be compared.
        figures: Names of the figures.
        ours: SQL that returns day and figures; its parameters are `%(seller_id)s`, `%(marketplace_id)s` and `%(days)s`.
        theirs: Returns Amazon's figures.
    """

    @asset_check(asset, name=name, description=meaning)
    def check(
        context: dg.AssetCheckExecutionContext, postgres: PostgresResource, sp_api: SpApiResource
    ) -> dg.AssetCheckResult:
        differing: list[dict[str, Any]] = []
        compared, unanswered, spent = 0, {}, RunFigures()
        for seller in sellers_to_check(context, postgres):
            markets = markets_to_check(seller)
            days_of = {market: complete_days(context, postgres, market, complete_by) for market in markets}
            days_of = {market: days for market, days in days_of.items() if days}
            if not days_of:
                continue
            try:
                with sp_api.client(seller) as api:
                    try:
                        for market, days in days_of.items():
                            known = {row[0]: row[1:] for row in select_rows(postgres, market, ours, days=days)}
                            amazons = theirs(api, market.id, *market.bounds(min(days), max(days)))
                            differing += _differing(market, days, figures, known, amazons)
                            compared += len(days)
                    finally:
                        spent.add(api)
            except SpApiError as error:
                unanswered[seller.amazon_seller_id] = str(error)
        return dg.AssetCheckResult(
            passed=not differing and not unanswered,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{counted(compared, 'day')} compared, {len(differing)} differ"
            + (f"; Amazon did not answer for {unanswered}" if unanswered else ""),
            metadata={
                "days_compared": compared,
                "days_differing": dg.JsonMetadataValue(differing[:SHOWN]),
                **spent.metadata(),
            },
        )

    return check


def _differing(
    market: Market,
    days: Sequence[date],
    names: Sequence[str],
    ours: Mapping[date, Figures],
    amazons: Mapping[date, Figures],
) -> list[dict[str, Any]]:
    """One entry per differing day; a day that one side does not have counts as 0 in all figures."""
    nothing = (0,) * len(names)
    pairs = [(day, ours.get(day, nothing), amazons.get(day, nothing)) for day in days]
    return [
        {
            "marketplace": market.id,
            "day": day.isoformat(),
            "ours": _as_json(names, own),
            "amazon": _as_json(names, amazon),
        }
        for day, own, amazon in pairs
        if own != amazon
    ]


def _as_json(names: Sequence[str], figures: Figures) -> dict[str, str | int]:
    return {name: value if isinstance(value, int) else str(value) for name, value in zip(names, figures, strict=True)}
