"""How fast each SKU sells: few sales of a SKU say little, so its rate leans on its style, and this on its category."""

from dataclasses import dataclass

import numpy as np

from xpert_pipeline.forecasting.history import Floats, History, Numbers

WINDOW = 28
"""Days that the rates are taken from."""
ALIVE = 56
"""A SKU that sold nothing in so many days has no forecast. Nor has one that was out of stock in the whole window."""
OWN_DAYS, STYLE_DAYS, CATEGORY_DAYS = 3.0, 10.0, 50.0
"""How many days of the level above count as much as days of the SKU, the style, the category themselves."""
OWN_POWER, STYLE_POWER = 0.6, 0.2
"""How much of a SKU's and its style's distance from the average lasts; both fade over four weeks."""


@dataclass(frozen=True)
class Rates:
    """The rates at the end of a history.

    Attributes:
        alive: The places of the SKUs that have a forecast; the other arrays have one number for each.
        seen: Units a day, as sold, leaning on the style.
        lasting: Units a day to expect over four weeks, up to a factor.
    """

    alive: Numbers
    seen: Floats
    lasting: Floats


def rates_of(history: History) -> Rates:
    """Return the rates of the SKUs that still sell."""
    sells = history.units[:, -ALIVE:].sum(axis=1) > 0
    alive = np.flatnonzero(sells & history.counts[:, -WINDOW:].any(axis=1))
    counts = history.counts[alive, -WINDOW:]
    units = (history.units[alive, -WINDOW:] * counts).sum(axis=1)
    days = counts.sum(axis=1).astype(np.float64)
    average = np.full(len(alive), max(units.sum(), 1e-3) / max(days.sum(), 1.0))
    category = _leaning(history.categories[alive], units, days, average, CATEGORY_DAYS)
    style = _leaning(history.styles[alive], units, days, category, STYLE_DAYS)
    own = (units + OWN_DAYS * style) / (days + OWN_DAYS)
    lasting = average * (own / average) ** OWN_POWER * (style / average) ** STYLE_POWER
    return Rates(alive, own, lasting)


def _leaning(groups: Numbers, units: Floats, days: Floats, above: Floats, lean: float) -> Floats:
    """Return for each SKU the rate of its group, with some days of the level above."""
    totals = [np.bincount(groups, weights=values, minlength=1)[groups] for values in (units, days)]
    rate: Floats = (totals[0] + lean * above) / (totals[1] + lean)
    return rate
