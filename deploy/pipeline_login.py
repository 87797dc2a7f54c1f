# ruff: noqa: INP001  a script of the image, not a package
"""Lets the role xpert_pipeline log in with the password from a secret file. Run it as the owner of the database.

The password is hashed here, so it never appears in the server's log or statistics.
"""

import os
import sys
from pathlib import Path

import psycopg
from psycopg import sql

ROLE = "xpert_pipeline"


def allow_login(dsn: str, password: str) -> None:
    """Set the role's password; setting the same one again changes nothing."""
    with psycopg.connect(dsn) as connection:
        verifier = connection.pgconn.encrypt_password(password.encode(), ROLE.encode(), b"scram-sha-256").decode()
        connection.execute(
            sql.SQL("alter role {} login password {}").format(sql.Identifier(ROLE), sql.Literal(verifier))
        )


def main() -> int:
    """Set the password in PIPELINE_PASSWORD_FILE in the database at DATABASE_URL."""
    password = Path(os.environ["PIPELINE_PASSWORD_FILE"]).read_text(encoding="utf-8").strip()
    if not password:
        sys.stderr.write("the file of PIPELINE_PASSWORD_FILE is empty: write the pipeline's password into it\n")
        return 3
    allow_login(os.environ["DATABASE_URL"], password)
    return 0


if __name__ == "__main__":
    sys.exit(main())
