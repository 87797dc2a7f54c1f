"""Which database the commands of `xpert db` use."""

from xpert_pipeline.cli.environment import read_settings
from xpert_pipeline.cli.home import Home, data_directory
from xpert_pipeline.postgres.embedded import start_embedded


def owner_dsn(data_dir: str | None) -> str:
    """Return DATABASE_URL, or the administrator's address of the embedded server, which starts if necessary."""
    settings = read_settings()
    if settings.database_url:
        return settings.database_url.get_secret_value()
    return start_embedded(Home(data_directory(data_dir)).path).admin_dsn
