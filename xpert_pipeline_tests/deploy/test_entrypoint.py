"""The image's entrypoint: secrets come from files, and only under their names."""

import os
import subprocess
from pathlib import Path

ENTRYPOINT = Path(__file__).resolve().parents[2] / "deploy" / "entrypoint.sh"


def start(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ENTRYPOINT), *command],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_secret_file_becomes_the_variable_of_its_name(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("s p$a'c\"e \n")
    done = start("printenv", "PGPASSWORD", PGPASSWORD_FILE=str(secret))
    assert done.stdout == "s p$a'c\"e \n"


def test_other_variables_that_end_in_file_stay_as_they_are(tmp_path: Path):
    done = start("sh", "-c", "echo ${SSL_CERT-none} $SSL_CERT_FILE", SSL_CERT_FILE=str(tmp_path / "ca.pem"))
    assert done.stdout == f"none {tmp_path / 'ca.pem'}\n"


def test_a_secret_that_cannot_be_read_stops_the_start_and_names_the_file(tmp_path: Path):
    missing = str(tmp_path / "missing")
    done = start("echo", "started", XPERT_ENCRYPTION_KEY_FILE=missing)
    assert done.returncode == 3
    assert missing in done.stderr
    assert done.stdout == ""


def test_the_command_keeps_its_arguments_and_exit_code():
    done = start("sh", "-c", 'printf "%s|" "$@"; exit 7', "name", "a b", "*")
    assert (done.stdout, done.returncode) == ("a b|*|", 7)
