"""Options: the same for every command, and back to a command line."""

from datetime import date, timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from xpert_pipeline.sandbox.command_line import sandbox_options
from xpert_pipeline.sandbox.marketplaces import yesterday
from xpert_pipeline.sandbox.options import SandboxOptions

EVERYTHING = SandboxOptions(
    port=0,
    orders_csv=Path("/orders/of mine.csv.xz"),
    stock_csv=Path("/orders/my stock.csv"),
    as_of=date(2026, 11, 20),
    seed=5,
    days=70,
    orders_per_day=9,
    skus=8,
    sellers=3,
    rate_scale=2.5,
    denied_roles=("Pricing",),
    faults=("500-json@3+1:2", "nul-in-title"),
    marketplaces=("A1PA6795UKMFR9", "A21TJRUUN4KGV"),
)


def parsed(arguments, flag="--port"):
    parsed_options = []

    @click.command()
    @sandbox_options(flag)
    @click.option("--verbose", is_flag=True)
    def command(**values):
        parsed_options.append(SandboxOptions.from_cli(**values))

    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return parsed_options[0]


def test_without_arguments_all_options_have_their_defaults():
    assert parsed([]) == SandboxOptions()


def test_arguments_give_the_same_options_again():
    assert parsed(EVERYTHING.arguments()) == EVERYTHING


def test_the_port_can_have_another_name():
    assert parsed(["--sandbox-port", "8099"], "--sandbox-port").port == 8099


def test_a_role_is_recognised_however_it_is_written():
    assert parsed(["--deny-role", "finance & accounting"]).denied_roles == ("Finance and Accounting",)


def test_the_last_day_is_yesterday_until_it_is_fixed():
    assert SandboxOptions().last_day == yesterday()
    assert SandboxOptions().fixed().as_of == yesterday()
    assert yesterday() < date.today() + timedelta(days=1)  # noqa: DTZ011  loosely: zones differ by a day at most


def test_a_fault_for_a_seller_that_does_not_exist_is_refused():
    with pytest.raises(click.UsageError, match="there is no seller 3"):
        SandboxOptions.from_cli(faults=("500-json@3",), seller_count=2)


def test_stores_come_from_the_command_line_or_from_a_kept_world():
    germany_and_india = ("A1PA6795UKMFR9", "A21TJRUUN4KGV")
    assert parsed(["--marketplaces", " A1PA6795UKMFR9, A21TJRUUN4KGV"]).marketplaces == germany_and_india
    assert SandboxOptions.from_cli(marketplaces=list(germany_and_india)).marketplaces == germany_and_india
    assert SandboxOptions.from_cli(marketplaces=None).marketplaces == ("A21TJRUUN4KGV",)


def test_options_with_stores_of_another_region_are_refused():
    with pytest.raises(ValueError, match=r"ATVPDKIKX0DER \(North America\)"):
        SandboxOptions(marketplaces=("ATVPDKIKX0DER",))
