"""A bad value of any option of any command is a usage error that names the value; nothing is started or created.

The options are read from the commands themselves, so that a new command is tested without a change here.
"""

import gzip

import click
import pytest
from click.testing import CliRunner

from xpert_pipeline.cli.main import main
from xpert_pipeline.cli.options import CURRENCY, DIRECTORY, LABEL, READER, SELLER_ID, TABLE_NAMES
from xpert_pipeline.sandbox.__main__ import main as sandbox
from xpert_pipeline.sandbox.option_types import DAY, Finite
from xpert_pipeline.sandbox.world.orders_csv import COLUMNS
from xpert_pipeline_tests.commands import commands_of

NO_NUMBERS = ("", "x", "1e", "0x10", "½")
DAYS = ("0001-01-01", "1999-12-31", "3000-01-01", "9999-12-31", "2026-02-30", "31.12.2026", "x", "")
WORDS = {
    SELLER_ID: ("", "A1 B2", "A1\x1b[31m", "A" * 65, "A1;drop"),
    DIRECTORY: ("", "a\x07b", "d" * 5000),
    LABEL: ("", " ", "a\nb", "n" * 201),
    CURRENCY: ("", "inr", "Rs.", "RUPEES", "\x1b"),
    READER: ("", "a b", "Metabase", "1st", "n" * 64, "x;drop"),
    TABLE_NAMES: ("", "orders;", "ORDERS", "\x1b"),
}
"""Values that the forms of the project's own types refuse."""
PARSED = {
    "--timezone": ("India", "Asia/Nowhere", "../etc/passwd"),
    "--marketplaces": ("XX", "ATVPDKIKX0DER", "\x1b"),
    "--marketplace": ("XX", "\x1b"),
    "--deny-role": ("", "No Such Role", "\x1b"),
    "--month": ("", "x", "2026-13", "2026-1", "1999-12", "3000-01", "2026-03-01"),
    "--fault": ("", "no-such-fault", "500-json:x", "500-json+x", "500-json@9", "500-json:-1"),
}
"""Options whose text is parsed by a function of their own."""
NEEDED = {
    "--from": "2026-03-01",
    "--to": "2026-03-02",
    "--month": "2026-03",
    "--marketplace": "IN",
    "seller_id": "A1B2C3D4",
    "name": "reader",
    "file": "copy.dump",
    "--out": "costs.csv",
}
"""Good values for what a command requires."""


def values_of(command, path=()):
    if isinstance(command, click.Group):
        for name, below in commands_of(command).items():
            yield from values_of(below, (*path, name))
        return
    for parameter in command.params:
        if not getattr(parameter, "is_flag", False):
            yield path, command, parameter


def bad_values(parameter):
    kind = parameter.type
    if isinstance(kind, click.types._NumberRangeBase):
        assert None not in (kind.min, kind.max), "a number without a limit: give its range both ends"
        beyond = (str(kind.min - 1), str(kind.max + 1), "9" * 40, "-" + "9" * 40)
        if isinstance(kind, click.FloatRange):
            assert isinstance(kind, Finite), "click's FloatRange accepts nan: use Finite"
            return (*NO_NUMBERS, *beyond, "nan", "inf", "-inf", "1e999")
        return (*NO_NUMBERS, *beyond, "1.5", "nan")
    if isinstance(kind, click.DateTime):
        assert kind is DAY, "click's DateTime accepts the year 1: use DAY"
        return DAYS
    if isinstance(kind, click.Choice):
        return ("", "no such choice", "\x1b")
    if isinstance(kind, click.Path):
        return ("/",) if not kind.dir_okay else ("/no such directory/at all",) if kind.exists else ()
    return WORDS.get(kind, ())


ALL = [*values_of(main), *values_of(sandbox, ("python -m xpert_pipeline.sandbox",))]
CASES = [
    pytest.param(path, command, parameter, value, id=f"{' '.join(path)} {parameter.opts[0]}={value[:12]!r}")
    for path, command, parameter in ALL
    for value in (PARSED.get(parameter.opts[0]) or bad_values(parameter))
]


def call(path, command, parameter, value, tmp_path, monkeypatch):
    """Run a command with one bad value and good ones for everything else that it requires."""
    monkeypatch.setenv("XPERT_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    words = []
    for other in command.params:
        name = other.opts[0]
        if other is parameter:
            words += ["--", value] if isinstance(other, click.Argument) else [f"{name}={value}"]
        elif other.required:
            words[:0] = [NEEDED[name]] if isinstance(other, click.Argument) else [f"{name}={NEEDED[name]}"]
    if path[0].startswith("python"):
        return CliRunner().invoke(command, words)
    return CliRunner().invoke(main, [*path, *words])


@pytest.mark.parametrize(("path", "command", "parameter", "value"), CASES)
def test_a_bad_value_is_a_usage_error_that_names_it_and_creates_nothing(
    path, command, parameter, value, tmp_path, monkeypatch
):
    """`--days 999999999`, `--port 99999` and `--as-of 0001-01-01` ended in tracebacks; nan was a rate."""
    done = call(path, command, parameter, value, tmp_path, monkeypatch)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2, done.output
    assert parameter.opts[0].strip("-").replace("seller_id", "SELLER_ID").lower() in done.stderr.lower()
    if value.isprintable() and len(value) < 40:
        assert value in " ".join(done.stderr.split())
    assert "\x1b" not in done.output
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("value", ALL, ids=lambda case: f"{' '.join(case[0])} {case[2].opts[0]}")
def test_every_option_has_a_type_that_refuses_nonsense(value):
    """So that a new option cannot be left out of the test above."""
    _, _, parameter = value
    assert parameter.opts[0] in PARSED or bad_values(parameter), (
        f"{parameter.opts[0]} accepts any text: give it a type of cli/options.py or sandbox/option_types.py"
    )


def export(lines):
    """An all-orders export, compressed."""
    rows = [[{"date": "04-30-22"}.get(name, f"{n}{name}") for name in COLUMNS] for n in range(lines)]
    return gzip.compress("\n".join(map(",".join, [COLUMNS.values(), *rows])).encode())


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("cut.csv.gz", export(1000)[:-20], ""),
        ("flipped.csv.gz", export(1000)[:200] + b"\xff" * 40, ""),
        ("named.csv.gz", b"Order ID,Date\n", "Not a gzipped file"),
        ("named.csv.xz", b"Order ID,Date\n", "Input format not supported"),
        ("bytes.csv", bytes(range(256)), "can't decode byte"),
        ("empty.csv", b"", "are missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_damaged_order_file_is_named_with_the_reason(tmp_path, monkeypatch, name, content, reason):
    """A flipped byte in a .csv.gz ended in a traceback of zlib."""
    (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("XPERT_DATA_DIR", str(tmp_path / "home"))
    done = CliRunner().invoke(main, ["sandbox", "--orders-csv", str(tmp_path / name)])
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 3
    assert name in done.stderr
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00canary", "cannot be read: it is not text"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"Atzr|canary Atzr|canary", "and nothing else"),
        (b"Atzr|can\x07ary", "and nothing else"),
    ],
)
def test_a_refresh_token_file_that_is_no_token_is_named_and_not_quoted(tmp_path, monkeypatch, content, reason):
    """A file in UTF-16 ended in a traceback."""
    (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("XPERT_DATA_DIR", str(tmp_path / "home"))
    words = ["sellers", "add", "A1", "--marketplace", "IN", "--refresh-token-file", str(tmp_path / "token")]
    done = CliRunner().invoke(main, words)
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 2
    assert f"{tmp_path / 'token'}" in done.stderr.replace("\n", "")
    assert reason in done.stderr
    assert "canary" not in done.output
    assert not (tmp_path / "home").exists()
