"""Which database the commands of `xpert db` use, and where BI tools reach it."""

from psycopg.conninfo import conninfo_to_dict

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.postgres import exposure
from xpert_pipeline.postgres.embedded import DATABASE, find_embedded, start_embedded


def owner_dsn(data_dir: str | None) -> str:
    """Return DATABASE_URL, or the administrator's address of the embedded server, which starts if necessary."""
    settings = read_settings()
    if settings.database_url:
        return settings.database_url.get_secret_value()
    return start_embedded(Home(data_directory(data_dir)).path).admin_dsn


def reachable(data_dir: str | None) -> dict[str, str | int]:
    """Return where BI tools reach the database: host, port and database; without a host if the port is not open."""
    dsn = read_settings().database_url
    if dsn is not None:
        parts = conninfo_to_dict(dsn.get_secret_value())
        return {
            "host": str(parts.get("host", "localhost")),
            "port": str(parts.get("port", 5432)),
            "database": str(parts.get("dbname", "")),
        }
    server = find_embedded(data_directory(data_dir))
    port = exposure.port_of_postmaster(server.place) if server else None
    return {"host": exposure.HOST, "port": port, "database": DATABASE} if port else {"database": DATABASE}
