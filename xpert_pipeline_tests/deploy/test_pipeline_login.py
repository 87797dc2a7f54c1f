"""The one-shot step that gives the pipeline's role its password."""

import subprocess
import sys
from pathlib import Path

import psycopg

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "pipeline_login.py"


def run(dsn: str, password_file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={"DATABASE_URL": dsn, "PIPELINE_PASSWORD_FILE": str(password_file)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_role_may_log_in_and_its_password_reaches_the_server_only_hashed(
    admin_dsn: str, admin: psycopg.Connection, tmp_path: Path
):
    secret = tmp_path / "password"
    secret.write_text("it's a 'quoted' \\ password\n")
    before = admin.execute("select rolcanlogin from pg_roles where rolname = 'xpert_pipeline'").fetchone()
    try:
        done = run(admin_dsn, secret)
        assert (done.returncode, done.stderr) == (0, "")
        row = admin.execute(
            "select rolcanlogin, rolpassword, rolsuper, rolbypassrls from pg_authid where rolname = 'xpert_pipeline'"
        ).fetchone()
        assert row is not None
        assert row[0]
        assert row[1].startswith("SCRAM-SHA-256$")
        assert row[2:] == (False, False)
    finally:
        login = "login" if before and before[0] else "nologin"
        admin.execute(f"alter role xpert_pipeline {login} password null")


def test_an_empty_password_file_changes_nothing(admin_dsn: str, admin: psycopg.Connection, tmp_path: Path):
    secret = tmp_path / "password"
    secret.write_text("\n")
    done = run(admin_dsn, secret)
    assert done.returncode == 3
    assert "PIPELINE_PASSWORD_FILE" in done.stderr
    assert admin.execute("select rolpassword from pg_authid where rolname = 'xpert_pipeline'").fetchone() == (None,)


def test_an_address_with_an_unencoded_password_is_one_line_without_it(tmp_path: Path):
    """libpq took a part of the password for the host, and the traceback of the container named it."""
    secret = tmp_path / "password"
    secret.write_text("new-password\n")
    done = run("postgresql://postgres:can@ary@db/postgres", secret)
    assert done.returncode == 3
    assert "percent-encode special characters of the password" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "ary@" not in done.stderr
    assert "new-password" not in done.stderr
