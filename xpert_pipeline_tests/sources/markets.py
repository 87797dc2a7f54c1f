"""Marketplaces of a seller as values, without a database."""

from datetime import UTC, date, datetime
from uuid import UUID

from xpert_pipeline.postgres.scope import Scope
from xpert_pipeline.sources.run import Market
from xpert_pipeline.spapi.marketplaces import by_id
from xpert_pipeline_tests.sources.conftest import BRITAIN, GERMANY, INDIA


def market(marketplace_id, *days, today=date(2026, 11, 20)):
    place = by_id(marketplace_id)
    return Market(place, Scope(UUID(int=1), place.id, place.timezone), days, today)


IN, DE, UK = market(INDIA), market(GERMANY), market(BRITAIN)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
