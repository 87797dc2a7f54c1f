"""Asks each source with one cheap call whether it is granted and has data, for `xpert doctor`; `coverage` keeps it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg_pool import ConnectionPool

from xpert_pipeline.assets.registry import SOURCES
from xpert_pipeline.cli.findings import FAIL, OK, WARN, Finding, State
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.postgres.source_coverage import NOT_GRANTED, Coverage, coverage_of
from xpert_pipeline.sources.coverage import learn_from_answer
from xpert_pipeline.sources.roles import AFTER_A_LOSS, role_names
from xpert_pipeline.sources.run import Market, market_of
from xpert_pipeline.sources.source import Probe, Source
from xpert_pipeline.spapi.errors import NotGranted, SpApiError, Throttled
from xpert_pipeline.spapi.session import SellerApi


def check_sources(
    seller: Seller, api: SellerApi, pool: ConnectionPool, sources: Sequence[Source] = SOURCES
) -> Iterator[Finding]:
    """Ask each source with one call per marketplace whether it is granted and has data, and keep the answers."""
    now = api.server_now()
    for source in sources:
        yield from _Asked(seller, api, pool, source, now).findings()


@dataclass(frozen=True)
class _Asked:
    """One source of one seller."""

    seller: Seller
    api: SellerApi
    pool: ConnectionPool
    source: Source
    now: datetime

    def findings(self) -> Iterator[Finding]:
        """The answer of each marketplace; a call that shows only the role is not repeated for other marketplaces."""
        ids = self.seller.marketplace_ids
        offered = [market_of(self.seller, name, ()) for name in ids if self.source.is_offered_in(name)]
        for number, market in enumerate(offered):
            finding, is_about_role = self._probe(market, [each.id for each in offered] if number == 0 else [market.id])
            if finding is not None and len(ids) > 1 and not (is_about_role and number == 0):
                finding = replace(finding, marketplace=market.id)
            if finding is not None:
                yield finding
            if is_about_role:
                break
        for marketplace_id in ids:
            if not self.source.is_offered_in(marketplace_id):
                yield self._finding(OK, "Amazon does not offer it in this marketplace", marketplace=marketplace_id)

    def _probe(self, market: Market, alike: Sequence[str]) -> tuple[Finding | None, bool]:
        """What one call answered, and whether the answer is the same for every marketplace.

        Args:
            market: The marketplace to ask for.
            alike: The marketplaces that an answer about the role holds for.
        """
        roles = role_names(self.source)
        try:
            probe = self.source.probe(self.api, market, self.now)
        except NotGranted as error:
            known = learn_from_answer(self.pool, self.seller, self.source, alike, error)
            if lost := self._lost(known, market):
                return self._finding(WARN, lost, AFTER_A_LOSS), True
            advice = f"needs the role {roles}. {error.what_to_do}"
            return self._finding(WARN, f"not granted: {error.message}", advice), True
        except Throttled as error:
            return self._finding(WARN, f"throttled: {error.message}", error.what_to_do), False
        except SpApiError as error:
            return self._finding(FAIL, error.message, error.what_to_do), False
        if probe is None:
            return self._known_refusal(market), True
        learn_from_answer(self.pool, self.seller, self.source, alike if probe.count is None else [market.id], probe)
        return self._granted(probe, roles), probe.count is None

    def _granted(self, probe: Probe, roles: str) -> Finding:
        if probe.count is None:
            return self._finding(OK, f"{probe.what}: granted (role {roles})")
        advice = "" if probe.count else probe.if_none
        return self._finding(OK if probe.count else WARN, f"{probe.what}: {probe.count:,} (role {roles})", advice)

    def _known_refusal(self, market: Market) -> Finding | None:
        """What the last sync learnt of a source that no cheap call can ask for; None if it is granted."""
        name = self.source.tables[0].name
        for each in coverage_of(self.pool, self.seller.id):
            if (each.table, each.marketplace_id, each.state) == (name, market.id, NOT_GRANTED):
                return self._finding(WARN, f"not granted, as the last sync found: {each.reason}", each.what_to_do or "")
        return None

    def _lost(self, known: Mapping[tuple[str, str], Coverage], market: Market) -> str | None:
        """The sentence about a role that was granted before."""
        each = known[self.source.tables[0].name, market.id]
        return each.reason if each.is_lost else None

    def _finding(self, state: State, detail: str, advice: str = "", marketplace: str | None = None) -> Finding:
        tables = ", ".join(table.name for table in self.source.tables)
        return Finding(tables, state, detail, advice, self.seller.amazon_seller_id, marketplace)
