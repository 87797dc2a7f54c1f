"""Checks that compare our daily figures with Amazon's own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, LiteralString

import dagster as dg

from xpert_pipeline.postgres.check_results import CheckResult
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.resources.postgres import PostgresResource
from xpert_pipeline.resources.spapi import SpApiResource
from xpert_pipeline.sources.checks import asset_check, complete_days, markets_of, select_rows
from xpert_pipeline.sources.figures import RunFigures
from xpert_pipeline.sources.run import Market
from xpert_pipeline.sources.seller_results import check_all_sellers
from xpert_pipeline.spapi.errors import SpApiError
from xpert_pipeline.spapi.session import SellerApi
from xpert_pipeline.wording import counted

SHOWN = 5
"""Maximum number of days that a sentence lists."""
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
        compared, spent = 0, RunFigures()

        def examine(seller: Seller) -> CheckResult:
            nonlocal compared
            markets = {market: complete_days(context, postgres, market, complete_by) for market in markets_of(seller)}
            days_of = {market: days for market, days in markets.items() if days}
            known = {market: select_rows(postgres, market, ours, days=days) for market, days in days_of.items()}
            try:
                amazons = _ask(sp_api, seller, days_of, theirs, spent) if days_of else {}
            except SpApiError as error:
                return CheckResult(passed=False, sentence=f"Amazon did not answer: {error}")
            differing = [
                line
                for market, days in days_of.items()
                for line in _differing(market, days, figures, known[market], amazons[market])
            ]
            number = sum(map(len, days_of.values()))
            compared += number
            return _result(number, differing)

        result = check_all_sellers(context, postgres, asset, name, examine, dg.AssetCheckSeverity.WARN)
        more = {"days_compared": dg.IntMetadataValue(compared), **spent.metadata()}
        return result._replace(metadata={**result.metadata, **more})

    return check


def _ask(
    sp_api: SpApiResource,
    seller: Seller,
    days_of: Mapping[Market, Sequence[date]],
    theirs: Theirs,
    spent: RunFigures,
) -> dict[Market, Mapping[date, Figures]]:
    """Amazon's figures of each marketplace.

    Raises:
        SpApiError: Amazon did not answer.
    """
    with sp_api.client(seller) as api:
        try:
            return {
                market: theirs(api, market.id, *market.bounds(min(days), max(days))) for market, days in days_of.items()
            }
        finally:
            spent.add(api)


def _result(compared: int, differing: Sequence[str]) -> CheckResult:
    if not compared:
        return CheckResult(passed=True, sentence="no complete day to compare")
    if not differing:
        return CheckResult(passed=True, sentence=f"{counted(compared, 'day')} compared, all equal")
    more = f"; and {len(differing) - SHOWN} more" if len(differing) > SHOWN else ""
    sentence = f"{counted(compared, 'day')} compared, {len(differing)} differ: {'; '.join(differing[:SHOWN])}{more}"
    return CheckResult(passed=False, sentence=sentence)


def _differing(
    market: Market,
    days: Sequence[date],
    names: Sequence[str],
    ours: Sequence[Figures],
    amazons: Mapping[date, Figures],
) -> list[str]:
    """A sentence per differing day; a day that one side does not have counts as 0 in all figures."""
    nothing = (0,) * len(names)
    known = {row[0]: row[1:] for row in ours}
    lines = []
    for day in days:
        own, amazon = known.get(day, nothing), amazons.get(day, nothing)
        if own != amazon:
            pairs = [
                f"{mine:,} {name} here, {other:,} at Amazon"
                for name, mine, other in zip(names, own, amazon, strict=True)
                if mine != other
            ]
            lines.append(f"{day} on {market.place.domain}: {', '.join(pairs)}")
    return lines
