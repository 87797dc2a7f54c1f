"""Negative binomial counts: their distribution function and their quantiles, in numpy alone.

A count with mean m and variance m + v * m * m: a Poisson count whose rate is itself uncertain, by v.
"""

import numpy as np

from xpert_pipeline.forecasting.history import Floats

LEAST_VARIANCE = 0.02
"""Smallest v: below it the first probability of a large mean would be 0 in floating point."""
LARGE = 5_000.0
"""From this mean on, each quantile is found alone; middle levels count scaled down, as their steps no longer matter."""
HUGE = 200_000.0
"""From this mean on, quantiles count scaled down, too."""


def quantiles(levels: Floats, means: Floats, variances: Floats) -> Floats:
    """Return for each mean the least count whose distribution function reaches the level."""
    result, own, is_large = np.zeros(len(means)), np.maximum(variances, LEAST_VARIANCE), means > LARGE
    for number in np.flatnonzero(is_large):
        result[number] = _large_quantile(levels[number], means[number], own[number])
    term, ratio, size = _start(means, own)
    reached, place, active = term.copy(), 0, np.flatnonzero((term < levels) & ~is_large)
    while len(active):
        term[active] *= ratio[active] * (size[active] + place) / (place + 1)
        place += 1
        reached[active] += term[active]
        result[active] = place
        # the tail of a float is never reached by an unreachable level
        active = active[(reached[active] < levels[active]) & (place < 20 * means[active] * (1 + own[active]) + 50)]
    return result


def _large_quantile(level: float, mean: float, variance: float) -> float:
    """Return the quantile of one large mean: blocks of counts at once, by logarithms."""
    scale = max(mean / HUGE, 1.0)
    block, end = int(mean / scale), 20 * mean / scale * (1 + variance) + 50
    (term,), (ratio,), (size,) = _start(np.array([mean / scale]), np.array([variance]))
    last, reached, place = np.log(term), term, 0
    while reached < level and place < end:
        counts = np.arange(place, place + block)
        logs = last + np.cumsum(np.log(ratio * (size + counts) / (counts + 1)))
        sums = reached + np.cumsum(np.exp(logs))
        if sums[-1] >= level:
            return float((place + 1 + np.searchsorted(sums, level)) * scale)
        last, reached, place = logs[-1], sums[-1], place + block
    return float(place * scale)


def middle_levels(counts: Floats, means: Floats, variances: Floats) -> Floats:
    """Return for each count the middle of the step of the distribution function at it: P(below) + P(equal) / 2."""
    scale = np.maximum(means / LARGE, 1)
    mean, own = means / scale, np.maximum(variances, LEAST_VARIANCE)
    targets = np.rint(counts / scale)
    term, ratio, size = _start(mean, own)
    below, place, active = np.zeros(len(means)), 0, np.flatnonzero(targets > 0)
    while len(active):
        below[active] += term[active]
        term[active] *= ratio[active] * (size[active] + place) / (place + 1)
        place += 1
        active = active[(targets[active] > place) & (below[active] < 1 - 1e-9)]
    return np.minimum(below + term / 2, 1)


def _start(mean: Floats, variances: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the probability of 0, the part of each step that does not change, and the size."""
    size = 1 / variances
    spread = variances * mean
    return np.exp(-size * np.log1p(spread)), spread / (1 + spread), size
