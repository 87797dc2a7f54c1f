"""Errors about the environment name the variable and never print a value."""

import base64
from datetime import date
from decimal import Decimal

import pytest

from xpert_pipeline.retail_events import SHIPPED, as_parameter, read_events
from xpert_pipeline.settings import Settings, SettingsError

KEY = base64.b64encode(bytes(range(32))).decode()
SECRET = "do-not-print-me"
SELLER = {
    "AMAZON_CLIENT_ID": "id",
    "AMAZON_CLIENT_SECRET": SECRET,
    "AMAZON_REFRESH_TOKEN": SECRET,
    "AMAZON_SELLER_ID": "A1",
    "AMAZON_MARKETPLACE_IDS": "A21TJRUUN4KGV, A1F83G8C2ARO7P",
}


def test_a_seller_is_read_from_the_environment():
    settings = Settings.from_env(SELLER)
    assert settings.has_credentials
    assert settings.marketplace_ids == ("A21TJRUUN4KGV", "A1F83G8C2ARO7P")
    assert SECRET not in repr(settings)


def test_an_empty_environment_gives_the_defaults():
    settings = Settings.from_env({"AMAZON_CLIENT_ID": "  "})
    assert not settings.has_credentials
    assert settings.timezone == "Asia/Kolkata"


def test_dagster_uses_the_pipelines_database_by_default():
    settings = Settings.from_env({"DATABASE_URL": "postgresql://x"})
    assert settings.dagster_database_url == settings.database_url


@pytest.mark.parametrize(
    "missing", ["AMAZON_CLIENT_ID", "AMAZON_CLIENT_SECRET", "AMAZON_SELLER_ID", "AMAZON_MARKETPLACE_IDS"]
)
def test_an_incomplete_seller_is_rejected_with_the_missing_variable(missing):
    with pytest.raises(SettingsError, match=f"{missing} is missing") as refused:
        Settings.from_env({name: value for name, value in SELLER.items() if name != missing})
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("XPERT_TIMEZONE", "India/Delhi", "not an IANA time zone"),
        ("XPERT_START_DATE", "1.2.2026", "YYYY-MM-DD"),
        ("XPERT_DELTA_MINUTES", "soon", "1 to 1440, or 0"),
        ("XPERT_DELTA_MINUTES", "-5", "1 to 1440, or 0"),
        ("XPERT_DELTA_MINUTES", "2000", "1 to 1440, or 0"),
        ("XPERT_ENCRYPTION_KEY", "c2hvcnQ=", "32 bytes"),
        ("XPERT_ENCRYPTION_KEY", "not base64!", "32 bytes"),
        ("SP_API_ENDPOINT", "sandbox", "not a usable URL"),
        ("SP_API_ENDPOINT", "https://user:canary@proxy.example", "contain no login"),
        ("SP_API_SELLER_CENTRAL_URL", "http://shop.example", "not a usable URL"),
        ("AMAZON_REDIRECT_URI", "http://shop.example/callback", "not a usable URL"),
        ("AMAZON_REDIRECT_URI", "http://[", "not a usable URL"),
        ("SP_API_ENDPOINT", "https://[", "not a usable URL"),
        ("SP_API_TOKEN_URL", "https://127.0.0.1:99999/token", "not a usable URL"),
        ("XPERT_ALLOW_NOT_GRANTED", "yes", "must be 1 or 0"),
        ("XPERT_FEE_TAX_IS_CREDIT", "yes", "must be 1 or 0"),
        ("XPERT_REPORT_PATIENCE_MINUTES", "-5", "must be a number of minutes above 0"),
        ("XPERT_FILL_PAGES", "-1", "a number of pages, such as 10, or 0 for none"),
        ("XPERT_FILL_PAGES", "ten", "a number of pages, such as 10, or 0 for none"),
        ("XPERT_REREAD_DAYS", "-1", "must be a number of days above 0 and at most 3650"),
        ("XPERT_REREAD_DAYS", "nan", "must be a number of days above 0 and at most 3650"),
        ("XPERT_REREAD_DAYS", "99999", "must be a number of days above 0 and at most 3650"),
        ("XPERT_LEAD_TIME_DAYS", "2 weeks", "a whole number of days from 0 to 365"),
        ("XPERT_LEAD_TIME_DAYS", "366", "a whole number of days from 0 to 365"),
        ("XPERT_SERVICE_LEVEL_PCT", "0.95", "a percentage from 50 to 99.99"),
        ("XPERT_SERVICE_LEVEL_PCT", "NaN", "a percentage from 50 to 99.99"),
        ("AMAZON_MARKETPLACE_IDS", "IN,XX", "ids or country codes"),
    ],
)
def test_a_malformed_value_is_rejected_and_not_printed(name, value, words):
    with pytest.raises(SettingsError, match=words) as refused:
        Settings.from_env({name: value})
    assert name in str(refused.value)
    assert value not in str(refused.value)


def test_all_problems_are_reported_together():
    with pytest.raises(SettingsError) as refused:
        Settings.from_env({"AMAZON_CLIENT_ID": "id", "XPERT_START_DATE": "soon"})
    assert "AMAZON_CLIENT_SECRET" in str(refused.value)
    assert "XPERT_START_DATE" in str(refused.value)


def test_old_aws_names_are_ignored_and_noted():
    assert Settings.from_env({"AWS_REGION": "eu-west-1"}).ignored == ("AWS_REGION",)


def test_a_valid_key_and_start_date_are_decoded():
    settings = Settings.from_env({"XPERT_ENCRYPTION_KEY": KEY, "XPERT_START_DATE": "2026-01-31"})
    assert settings.key == bytes(range(32))
    assert settings.start_date == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "first"),
    [("2026-02-03\n", date(2026, 2, 3)), ("2026-02", None), (None, None)],
    ids=["a day", "cut", "none"],
)
def test_the_first_day_of_the_partitions_comes_from_the_file_of_the_data_directory(tmp_path, text, first):
    file = tmp_path / "first_day"
    if text is not None:
        file.write_text(text)
    settings = Settings.from_env({"XPERT_FIRST_DAY_FILE": str(file)})
    assert settings.start_date == (first or Settings().start_date), "without it nothing is hidden: two years back"
    assert settings.earliest is None
    fixed = Settings.from_env({"XPERT_FIRST_DAY_FILE": str(file), "XPERT_START_DATE": "2026-01-31"})
    assert fixed.start_date == fixed.earliest == fixed.first_possible == date(2026, 1, 31)


def test_marketplaces_are_read_by_id_or_country_code():
    settings = Settings.from_env(SELLER | {"AMAZON_MARKETPLACE_IDS": "gb,A21TJRUUN4KGV,IN"})
    assert settings.marketplace_ids == ("A1F83G8C2ARO7P", "A21TJRUUN4KGV")


def test_marketplaces_of_several_regions_are_refused_with_what_to_do():
    with pytest.raises(
        SettingsError, match=r"AMAZON_MARKETPLACE_IDS.*several regions: IN \(eu\), US \(na\)"
    ) as refused:
        Settings.from_env(SELLER | {"AMAZON_MARKETPLACE_IDS": "IN,US"})
    assert "as a separate seller" in str(refused.value)


@pytest.mark.parametrize(("value", "allowed"), [("1", True), ("0", False), ("", False)])
def test_sources_that_are_not_granted_can_be_accepted(value, allowed):
    assert Settings.from_env({"XPERT_ALLOW_NOT_GRANTED": value}).allow_not_granted is allowed


def test_the_service_level_is_a_number_of_standard_deviations():
    """Of a normal distribution, 95 % lie below the mean + 1.6449 standard deviations, 99 % below + 2.3263."""
    assert Settings.from_env({}).parameters == {
        "lead_time_days": 14,
        "service_level_pct": 95,
        "service_factor": Decimal("1.6449"),
        "is_tax_credit": True,
        "events": as_parameter(read_events(SHIPPED)),
    }
    set_by = Settings.from_env(
        {"XPERT_LEAD_TIME_DAYS": "30", "XPERT_SERVICE_LEVEL_PCT": "99", "XPERT_FEE_TAX_IS_CREDIT": "0"}
    ).parameters
    assert set_by == {
        "lead_time_days": 30,
        "service_level_pct": 99,
        "service_factor": Decimal("2.3263"),
        "is_tax_credit": False,
        "events": as_parameter(read_events(SHIPPED)),
    }
