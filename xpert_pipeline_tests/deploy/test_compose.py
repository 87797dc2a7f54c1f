"""docker-compose.yml, the Dockerfile and what they carry: checked as text, as no container engine is needed for it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from xpert_pipeline.cli.instance import CONFIG, STORAGE, storage_url

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"migrate"}
PINNED = re.compile(r"^[a-z0-9./-]+:\d+(\.\d+)+(-[a-z0-9.]+)*$")
SECRET_NAME = re.compile(r"(PASSWORD|SECRET|TOKEN|_KEY)$")
BUILT = {name for name, service in SERVICES.items() if "build" in service}


def test_only_the_proxy_publishes_a_port_and_by_default_on_loopback():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["${XPERT_UI_BIND:-127.0.0.1:8080}:8080"]}
    assert not any("network_mode" in service for service in SERVICES.values())


def test_every_service_has_a_health_check_or_ends_by_itself():
    unchecked = {name for name, service in SERVICES.items() if "healthcheck" not in service}
    assert unchecked == ONE_SHOT
    assert all(SERVICES[name]["restart"] == "no" for name in ONE_SHOT)
    assert all(SERVICES[name]["restart"] == "unless-stopped" for name in SERVICES.keys() - ONE_SHOT)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_images_are_pinned_to_a_full_version(name: str):
    assert PINNED.match(SERVICES[name]["image"])


def test_the_dockerfile_starts_from_pinned_images_and_runs_as_an_ordinary_user():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    assert bases
    assert all(PINNED.match(base) for base in bases)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users[-1] == "xpert"
    assert any("--require-hashes" in line and "requirements.lock" in line for line in lines)


def test_every_file_that_the_dockerfile_copies_is_there_and_passes_dockerignore():
    kept = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
        if not word.startswith("--")
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert name.split("/")[0] in kept


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_is_given_a_literal_secret(name: str):
    given = SERVICES[name].get("environment", {})
    assert not [key for key in given if SECRET_NAME.search(key)]
    addresses = [value for value in given.values() if "://" in str(value)]
    assert not [value for value in addresses if re.search(r"://[^/@]*:[^/@]*@", value)]


def test_every_secret_is_a_file_that_git_ignores_and_each_secret_path_is_granted():
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("./deploy/secrets/")
    assert (ROOT / "deploy" / "secrets" / ".gitignore").read_text().splitlines()[1:] == ["*", "!.gitignore"]
    for service in SERVICES.values():
        read = {
            value.removeprefix("/run/secrets/")
            for value in service.get("environment", {}).values()
            if str(value).startswith("/run/secrets/")
        }
        assert read <= set(service.get("secrets", []))


def test_only_the_code_server_reaches_amazon_and_holds_its_secrets():
    outside = {name for name, service in SERVICES.items() if set(service["networks"]) != {"inside"}}
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert outside == {"code-server", "proxy"}
    holders = {name for name, service in SERVICES.items() if "amazon_client_secret" in service["secrets"]}
    assert holders == {"code-server"}


def test_the_pipeline_connects_as_its_unprivileged_role_and_migrations_as_the_owner():
    address = "postgresql://xpert_pipeline@postgres:5432/xpert"
    for name in BUILT - ONE_SHOT:
        assert SERVICES[name]["environment"]["DATABASE_URL"] == address
        assert "postgres_password" not in SERVICES[name]["secrets"]
    assert SERVICES["migrate"]["environment"]["DATABASE_URL"] == "postgresql://postgres@postgres:5432/xpert"
    assert {SERVICES[name]["environment"][STORAGE] for name in BUILT} == {storage_url(address)}


def test_services_start_in_order_database_migrations_code_server_rest():
    after = {name: service.get("depends_on", {}) for name, service in SERVICES.items()}
    assert after == {
        "postgres": {},
        "migrate": {"postgres": {"condition": "service_healthy"}},
        "code-server": {"migrate": {"condition": "service_completed_successfully"}},
        "webserver": {"code-server": {"condition": "service_healthy"}},
        "daemon": {"code-server": {"condition": "service_healthy"}},
        "proxy": {"webserver": {"condition": "service_healthy"}},
    }


def test_dagster_has_the_same_settings_in_the_image_as_on_a_laptop():
    assert yaml.safe_load((ROOT / "deploy" / "dagster.yaml").read_text()) == CONFIG


def test_the_workspace_names_the_code_server_of_the_compose_file():
    server = yaml.safe_load((ROOT / "deploy" / "workspace.yaml").read_text())["load_from"][0]["grpc_server"]
    command = SERVICES["code-server"]["command"]
    assert server["host"] in SERVICES
    assert str(server["port"]) == command[command.index("--port") + 1]
    assert server["location_name"] == command[command.index("--location-name") + 1]
