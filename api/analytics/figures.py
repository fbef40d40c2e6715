"""Figures of classical test theory, as pure functions of scores.

scores: (learners, items), from 0 to 1; NaN where a learner has not answered. In a total such a
score counts 0, as in a test that is handed in; an item's own figures leave the learner out.
shares: (items,), how much each item counts in the total; they add up to 1, or are all 0.

The formulas are those of Moodle's quiz statistics and of classical test theory; indices are from
-1 to 1 and not in percent. A figure that is not defined (no variance, too few learners) is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

Z95 = 1.959963984540054  # of the normal distribution: 95 % lie within so many standard deviations


def divided(above: Array, below: Array) -> Array:
    """The quotients; NaN where the divisor is not positive."""
    safe = np.where(below > 0, below, np.nan)
    quotients: Array = above / safe
    return quotients


def totals(scores: Array, shares: Array) -> Array:
    """(learners,): the weighted mean of each learner's scores."""
    found: Array = np.nan_to_num(scores) @ shares
    return found


def wilson(successes: Array, n: Array, z: float = Z95) -> tuple[Array, Array]:
    """The Wilson score interval of proportions `successes / n` (E. B. Wilson, 1927).

    For scores with parts the sum of scores stands for the successes; it is a little wide then.
    """
    n = np.where(n > 0, n, np.nan)
    p, whole = successes / n, 1 + z**2 / n
    middle = (p + z**2 / (2 * n)) / whole
    half = z / whole * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def proportion(successes: int, n: int) -> tuple[float, float]:
    """The Wilson interval of one proportion."""
    low, high = wilson(np.array([float(successes)]), np.array([float(n)]))
    return float(low[0]), float(high[0])


@dataclass(frozen=True)
class ItemFigures:
    """(items,) each. n: learners who answered; sd: with n - 1.

    discrimination: the correlation of score and rest, the total without the item itself.
    efficiency: their covariance, as a share of the largest possible with the same numbers.
    point_biserial: the correlation of score and total.
    """

    n: Array
    facility: Array
    low: Array
    high: Array
    sd: Array
    discrimination: Array
    efficiency: Array
    point_biserial: Array


def item_figures(scores: Array, shares: Array, total: Array) -> ItemFigures:
    """The figures of these items, which may be some of those that the totals are made of."""
    rest = total[:, None] - np.nan_to_num(scores) * shares
    answered = ~np.isnan(scores)
    n = answered.sum(axis=0).astype(float)
    summed = np.nansum(scores, axis=0)
    low, high = wilson(summed, n)
    whole = np.broadcast_to(total[:, None], scores.shape)
    return ItemFigures(
        n=n,
        facility=divided(summed, n),
        low=low,
        high=high,
        sd=np.sqrt(covariance(scores, scores)),
        discrimination=correlation(scores, rest),
        efficiency=divided(covariance(scores, rest), largest_covariance(scores, rest)),
        point_biserial=correlation(scores, whole),
    )


def covariance(x: Array, y: Array) -> Array:
    """(items,): the covariance of the columns with n - 1, over the rows where x is a number."""
    known = ~np.isnan(x)
    n = known.sum(axis=0)
    dx = np.where(known, x - divided(np.where(known, x, 0).sum(axis=0), n), 0)
    dy = np.where(known, y - divided(np.where(known, y, 0).sum(axis=0), n), 0)
    return divided((dx * dy).sum(axis=0), (n - 1).astype(float))


def correlation(x: Array, y: Array) -> Array:
    """(items,): Pearson's correlation of the columns, over the rows where x is a number."""
    y = np.where(np.isnan(x), np.nan, y)
    found = divided(covariance(x, y), np.sqrt(_real(covariance(x, x)) * _real(covariance(y, y))))
    return np.clip(found, -1.0, 1.0)


def _real(variance: Array) -> Array:
    """The variance; 0 where it is nothing but rounding."""
    return np.where(variance > 1e-20, variance, 0.0)


def largest_covariance(x: Array, y: Array) -> Array:
    """(items,): the covariance when both columns are sorted, the largest their numbers allow."""
    y = np.where(np.isnan(x), np.nan, y)
    return _real(covariance(np.sort(x, axis=0), np.sort(y, axis=0)))


def effective_weights(scores: Array, shares: Array) -> Array:
    """(items,): √cov(x, total), as shares of their sum: what makes the totals differ.

    NaN where an item goes against the others.
    """
    x = np.nan_to_num(scores) * shares
    shared = covariance(x, np.broadcast_to(x.sum(axis=1)[:, None], x.shape))
    roots = np.sqrt(np.where(shared >= 0, shared, np.nan))
    return divided(roots, np.full(len(shares), np.nansum(roots)))


@dataclass(frozen=True)
class PracticeFigures:
    """(items,) each: how learners went on after their first submission.

    submissions: of each learner, in the mean. right: the share of learners who got there; seconds:
    the median of how long after the first submission. unreadable: their share of all attempts.
    made, means: (shown, items), how many learners made a first, second, … submission, its mean.
    """

    submissions: Array
    right: Array
    seconds: Array
    unreadable: Array
    made: Array
    means: Array


def practice_figures(
    submissions: Array, unreadable: Array, seconds: Array, by_number: Sequence[Array]
) -> PracticeFigures:
    """The figures of items, each argument being (learners, items) or several of them."""
    answered = (submissions > 0).sum(axis=0).astype(float)
    readable, not_read = np.nansum(submissions, axis=0), np.nansum(unreadable, axis=0)
    made = np.array([(~np.isnan(scores)).sum(axis=0) for scores in by_number], float)
    summed = np.array([np.nansum(scores, axis=0) for scores in by_number])
    return PracticeFigures(
        submissions=divided(readable, answered),
        right=divided((~np.isnan(seconds)).sum(axis=0).astype(float), answered),
        seconds=medians(seconds),
        unreadable=divided(not_read, readable + not_read),
        made=made,
        means=divided(summed, made),
    )


def medians(x: Array) -> Array:
    """(items,): the median of each column's numbers; NaN for a column without any."""
    return np.array([np.median(column[~np.isnan(column)]) if not np.isnan(column).all() else np.nan
                     for column in x.T])  # fmt: skip


@dataclass(frozen=True)
class SetFigures:
    """Of the learners' totals, from 0 to 1.

    sd: with n - 1. skewness, kurtosis: k3 / k2^1.5 and k4 / k2² of Fisher's k-statistics.
    alpha: Cronbach's, which is KR-20 where every score is 0 or 1.
    error_ratio: √(1 - alpha), how much of the SD is chance; standard_error: of one total.
    """

    learners: int
    mean: float
    median: float
    sd: float
    skewness: float
    kurtosis: float
    alpha: float
    error_ratio: float
    standard_error: float


def set_figures(scores: Array, shares: Array) -> SetFigures:
    """The figures of a whole set."""
    total = totals(scores, shares)
    if not len(total):
        return SetFigures(0, *[float("nan")] * 8)
    reliability = alpha(scores, shares)
    error_ratio = float(np.sqrt(1 - reliability))
    sd = float(np.std(total, ddof=1)) if len(total) > 1 else float("nan")
    skewness, kurtosis = shape(total)
    return SetFigures(
        learners=len(total),
        mean=float(total.mean()),
        median=float(np.median(total)),
        sd=sd,
        skewness=skewness,
        kurtosis=kurtosis,
        alpha=reliability,
        error_ratio=error_ratio,
        standard_error=error_ratio * sd,
    )


def alpha(scores: Array, shares: Array) -> float:
    """Cronbach's alpha, p/(p-1) (1 - Σ var x / var total)."""
    x = np.nan_to_num(scores) * shares
    learners, p = x.shape
    if learners < 2 or p < 2:
        return float("nan")
    of_total = float(x.sum(axis=1).var(ddof=1))
    if of_total <= 1e-20:
        return float("nan")
    return float(p / (p - 1) * (1 - x.var(axis=0, ddof=1).sum() / of_total))


def shape(total: Array) -> tuple[float, float]:
    """Skewness and kurtosis of a sample, from its k-statistics; NaN for fewer than 3, or 4."""
    n = len(total)
    m2, m3, m4 = (float(np.mean((total - total.mean()) ** power)) for power in (2, 3, 4))
    if n < 3 or m2 <= 1e-20:
        return float("nan"), float("nan")
    k2 = n / (n - 1) * m2
    k3 = n**2 / ((n - 1) * (n - 2)) * m3
    if n < 4:
        return k3 / k2**1.5, float("nan")
    k4 = n**2 * ((n + 1) * m4 - 3 * (n - 1) * m2**2) / ((n - 1) * (n - 2) * (n - 3))
    return k3 / k2**1.5, k4 / k2**2
