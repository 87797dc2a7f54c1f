# ruff: noqa: INP001  a script of the image, not a package
"""Lets the role xpert_pipeline log in with the password from a secret file. Run it as the owner of the database.

The password is hashed here, so it never appears in the server's log or statistics.
"""

import os
import sys
from pathlib import Path

from psycopg import sql

from xpert_pipeline.postgres.address import connect
from xpert_pipeline.postgres.errors import DatabaseError, explained

ROLE = "xpert_pipeline"


def allow_login(dsn: str, password: str) -> None:
    """Set the role's password; setting the same one again changes nothing.

    Raises:
        DatabaseError: The address is wrong, or the database refused; the message has no password.
    """
    with explained(), connect(dsn) as connection:
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
    try:
        allow_login(os.environ["DATABASE_URL"], password)
    except DatabaseError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
