"""What the first sync says at its end: what was loaded, where it is, how to look at it, and how to go on."""

import shlex
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from xpert_pipeline.cli.home import data_directory
from xpert_pipeline.cli.run_result import RunResult
from xpert_pipeline.cli.terminal import fitted
from xpert_pipeline.cli.workplace import Workplace
from xpert_pipeline.postgres.embedded import find_embedded
from xpert_pipeline.postgres.pool import tenant
from xpert_pipeline.postgres.sellers import Seller
from xpert_pipeline.wording import counted

NAME_WIDTH, COMMAND_WIDTH = 13, 19
INVENTED = (
    "All of it is invented: without Amazon credentials, the pipeline reads from its sandbox, a made-up shop on this "
    "machine."
)
COMMANDS = {
    "xpert db shell": "ask with SQL, for example: select * from sales_data limit 10;",
    "xpert report page": "your business on one page: add --out report.html, and open the file",
    "xpert up": "Dagster's UI: every table, day and run",
    "xpert db expose": "open a port for BI tools: Metabase, Grafana, Power BI, Excel",
    "xpert status": "how far each table is",
}


def never_synced(place: Workplace, sellers: Sequence[Seller]) -> bool:
    """Whether nothing was ever loaded for these sellers."""
    for seller in sellers:
        with tenant(place.pool, seller.id) as connection:
            if connection.execute("select 1 from loads where seller_id = %s limit 1", (seller.id,)).fetchone():
                return False
    return True


def welcome(place: Workplace, results: Sequence[RunResult]) -> str:
    """Return the text for the end of the first sync; nothing if it loaded nothing."""
    rows: Counter[str] = Counter()
    for run in results:
        for result in run.tables:
            rows[result.table] += result.inserted
    filled = {table: count for table, count in rows.items() if count}
    if not filled:
        return ""
    total = f"{counted(sum(filled.values()), 'row')} in {counted(len(filled), 'table')}"
    first = f"Loaded {total}." + (f" {INVENTED}" if place.uses_sandbox else "")
    return "\n".join(["", fitted(first), "", *_lines(place)])


def _lines(place: Workplace) -> Iterator[str]:
    embedded = find_embedded(place.home.path)
    where = f"a PostgreSQL of its own, in {place.home.path}" if embedded else "the database that DATABASE_URL names"
    yield _line("Where it is", where)
    if not _is_on_path():
        yield _line("First", f"source {_activate()}    then the shell knows the command xpert")
    if place.home.path != data_directory(None).expanduser().resolve():
        yield _line("" if not _is_on_path() else "First", f"export XPERT_DATA_DIR={shlex.quote(str(place.home.path))}")
        yield _line("", "then all commands find this data without --data-dir")
    for number, (command, meaning) in enumerate(COMMANDS.items()):
        text = f"{command:<{COMMAND_WIDTH}}{meaning}"
        yield _line("" if number else "Look at it", text, indent=COMMAND_WIDTH)
    if place.uses_sandbox:
        yield _line("Your own shop", "write your application's credentials into .env (a copy of .env.example), then")
        yield _line("", "xpert sellers add MERCHANT_ID --marketplace IN")
        yield _line("", 'README.md explains each step: "A real seller".')


def _line(name: str, text: str, *, indent: int = 0) -> str:
    """A line whose text begins after a name, and continues below its beginning."""
    return fitted(f"{name:<{NAME_WIDTH}}  {text}", indent=NAME_WIDTH + 2 + indent)


def _activate() -> str:
    """The script that puts `xpert` on the shell's path, relative to the working directory if it is below it."""
    script = Path(sys.executable).with_name("activate")
    return str(script.relative_to(Path.cwd())) if Path.cwd() in script.parents else str(script)


def _is_on_path() -> bool:
    """Whether the shell knows the command `xpert` of this installation."""
    found = shutil.which("xpert")
    return found is not None and Path(found).resolve() == Path(sys.executable).with_name("xpert").resolve()
