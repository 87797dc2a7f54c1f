"""deploy/external-database.yml and deploy/xpert.service: checked as text, as no engine and no systemd is needed for it."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from xpert_pipeline.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
OVERRIDE = ROOT / "deploy" / "external-database.yml"
UNIT = ROOT / "deploy" / "xpert.service"
GONE = object()


class Loader(yaml.SafeLoader):
    """Reads the tag with which Compose removes something."""


Loader.add_constructor("!reset", lambda _loader, _node: GONE)
ADDED: dict[str, Any] = yaml.load(OVERRIDE.read_text(), Loader)
BASE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def combined(base, added):
    """What Compose makes of two files: mappings are merged, other values replaced."""
    result = dict(base)
    for name, value in added.items():
        if value is GONE:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(base.get(name), dict):
            result[name] = combined(base[name], value)
        else:
            result[name] = value
    return result


BOTH = combined(BASE, ADDED)


def test_no_service_needs_the_container_of_the_database():
    services = BOTH["services"]
    assert services.keys() == BASE["services"].keys() - {"postgres"}
    for service in services.values():
        assert "postgres" not in service.get("depends_on", {})
        assert "@postgres:" not in str(service.get("environment", {}))
    assert "database" not in BOTH["volumes"]


def test_every_service_of_the_pipeline_reaches_the_database_and_only_the_migration_is_the_owner():
    for name in ("migrate", "code-server", "webserver", "daemon"):
        service = BOTH["services"][name]
        assert "amazon" in service["networks"], "the network that leads outside"
        assert service["environment"]["DATABASE_URL"].startswith("${XPERT_OWNER_URL:?" if name == "migrate" else "${DATABASE_URL:?")  # fmt: skip
        assert service["environment"]["XPERT_DAGSTER_STORAGE"].startswith("${XPERT_DAGSTER_STORAGE:?")
    assert BOTH["services"]["migrate"]["environment"]["PGPASSWORD_FILE"] == "/run/secrets/postgres_password"
    holders = {name for name, service in BOTH["services"].items() if "postgres_password" in service.get("secrets", [])}
    assert holders == {"migrate"}


def has_compose():
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0


@pytest.mark.skipif(not has_compose(), reason="docker compose is not installed")
def test_compose_accepts_both_files_together(tmp_path):
    names = re.findall(r"\$\{([A-Z_]+)", OVERRIDE.read_text())
    (tmp_path / ".env").write_text(
        "".join(f"{name}=postgresql://u@h/d\n" for name in names) + "XPERT_START_DATE=2026-01-01\n"
    )
    command = ["docker", "compose", "--env-file", str(tmp_path / ".env"), "--file", str(ROOT / "docker-compose.yml")]
    done = subprocess.run([*command, "--file", str(OVERRIDE), "config", "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_docker_rotates_the_logs_of_every_service():
    for name, service in BASE["services"].items():
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name


@pytest.fixture
def unit():
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(UNIT)
    return parser


def test_the_unit_runs_a_command_that_exists_as_an_ordinary_user(unit):
    program, *words = unit["Service"]["ExecStart"].split()
    assert program == "/opt/xpert_pipeline/.venv/bin/xpert"
    shown = CliRunner().invoke(main, [words[0], "--help"])
    assert shown.exit_code == 0
    assert all(word in shown.output for word in words[1:] if word.startswith("--"))
    assert unit["Service"]["User"] == "xpert"
    assert unit["Service"]["SuccessExitStatus"] == "130"


def test_the_unit_writes_only_below_its_state_directory(unit):
    service = unit["Service"]
    assert (service["ProtectSystem"], service["StateDirectory"], service["NoNewPrivileges"]) == (
        "strict",
        "xpert",
        "true",
    )
    assert "XPERT_DATA_DIR=/var/lib/xpert" in UNIT.read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_accepts_the_unit(tmp_path):
    text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE)
    (tmp_path / "xpert.service").write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "xpert.service")], capture_output=True, text=True
    )
    assert "xpert.service:" not in done.stderr, done.stderr
