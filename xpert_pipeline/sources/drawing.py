"""Draws rows as a small image, as a data URI for Markdown.

Dagster's UI shows images of Markdown metadata if they are part of the text. matplotlib is slow to import, so nothing
else imports this module before it draws.
"""

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, MaxNLocator
from PIL import Image

INCHES, DOTS, COLORS = (8.0, 2.6), 100, 64
"""Size of an image, dots per inch, and colors: few of them keep it at about 8 kB."""
SERIES = ("#3b6fd4", "#e07b00", "#2f9e63", "#8a4fd0")
GAIN, LOSS, SUM, BAND, QUIET = "#2f9e63", "#d0453b", "#3b6fd4", "#c9d8f5", "#777777"
UNIT = "unit"
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e6e6e6",
    "axes.axisbelow": True,
    "text.parse_math": False,
}
Rows = Sequence[Sequence[Any]]


def draw(title: str, form: str, names: Sequence[str], rows: Rows) -> str:
    """Return a picture of rows as a data URI.

    Args:
        title: The title of the picture.
        form: One of `FORMS`.
        names: Names of the columns. A column `unit` labels the axis of the figures and is not drawn.
        rows: The rows, in the order of the picture. Unknown figures are None: nothing is drawn for them.
    """
    kept = [place for place, name in enumerate(names) if name != UNIT]
    unit = next((str(row[names.index(UNIT)]) for row in rows if row[names.index(UNIT)]), "") if UNIT in names else ""
    plain = [[_number(row[place]) for place in kept] for row in rows]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=INCHES, dpi=DOTS, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_ylabel(unit)
        axes.yaxis.set_major_formatter(EngFormatter(sep=""))
        FORMS[form](axes, [names[place].replace("_", " ") for place in kept], plain)
        return _as_uri(figure)


def _lines(axes: Axes, names: Sequence[str], rows: Rows) -> None:
    """A line for each column after the first, over days; a missing figure is a gap, an unknown column is left out."""
    rows = _every_day(rows)
    days = [row[0] for row in rows]
    known = [place for place in range(1, len(names)) if any(row[place] is not None for row in rows)]
    for place in known:
        color = SERIES[(place - 1) % len(SERIES)]
        axes.plot(days, [row[place] for row in rows], color=color, label=names[place], marker=".")
    _over_days(axes, days)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    if known and len(names) > 2:
        axes.legend(frameon=False, ncols=len(known), fontsize=8)


def _bars(axes: Axes, _names: Sequence[str], rows: Rows) -> None:
    """A bar for each row: a label and a figure."""
    axes.bar([str(row[0]) for row in rows], [row[1] or 0.0 for row in rows], color=SUM)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=all(float(row[1] or 0).is_integer() for row in rows)))


def _waterfall(axes: Axes, _names: Sequence[str], rows: Rows) -> None:
    """Steps from one amount to the next: label, amount, and whether the row is a sum of those before it."""
    level = 0.0
    for place, (_, amount, is_sum) in enumerate(rows):
        if amount is None:
            continue
        start = 0.0 if is_sum else level
        axes.bar(place, amount, bottom=start, color=SUM if is_sum else GAIN if amount >= 0 else LOSS)
        level = start + amount
    axes.set_xticks(range(len(rows)), [str(row[0]) for row in rows])
    axes.axhline(0, color=QUIET, linewidth=0.8)


def _fan(axes: Axes, names: Sequence[str], rows: Rows) -> None:
    """What was, and what is expected with its range: day, actual, low, middle, high."""
    rows = _every_day(rows)
    days = [row[0] for row in rows]
    actual, low, middle, high = (
        [float("nan") if row[place] is None else row[place] for row in rows] for place in range(1, 5)
    )
    axes.plot(days, actual, color=QUIET, label=names[1])
    axes.fill_between(days, low, high, color=BAND, label=f"{names[2]} to {names[4]}")
    axes.plot(days, middle, color=SUM, label=names[3])
    _over_days(axes, days)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, ncols=3, fontsize=8)


FORMS: dict[str, Callable[[Axes, Sequence[str], Rows], None]] = {
    "lines": _lines,
    "bars": _bars,
    "waterfall": _waterfall,
    "fan": _fan,
}
"""The forms, and the columns that each reads."""


def _every_day(rows: Rows) -> Rows:
    """Add the days that have no row, without figures: a line must not run over them as if they were known."""
    by_day = {row[0]: row for row in rows}
    first, last, unknown = min(by_day), max(by_day), [None] * (len(rows[0]) - 1)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [by_day.get(day, [day, *unknown]) for day in days]


def _over_days(axes: Axes, days: Sequence[date]) -> None:
    if len(days) == 1:
        axes.set_xlim(*(date2num(days[0] + timedelta(days=n)) for n in (-1, 1)))
    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _as_uri(figure: Figure) -> str:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba())
    file = BytesIO()
    image.convert("RGB").quantize(COLORS).save(file, "png", optimize=True)
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"
