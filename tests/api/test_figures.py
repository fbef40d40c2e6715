"""The figures of the statistics: by hand for a few learners, by SciPy for many."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from api.analytics.figures import (
    Array,
    alpha,
    effective_weights,
    item_figures,
    medians,
    practice_figures,
    set_figures,
    totals,
    wilson,
)

NAN = float("nan")
EQUAL = np.full(3, 1 / 3)
# Four learners, three items. Totals: 1, 2/3, 1/3, 0.
SMALL = np.array([[1.0, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]])


def drawn(seed: int, learners: int = 60, items: int = 5) -> Array:
    """Scores of learners of different strength, right, half right or wrong."""
    generator = np.random.default_rng(seed)
    strength = generator.normal(size=(learners, 1)) + generator.normal(size=(learners, items))
    return np.digitize(strength, [-0.3, 0.4]) / 2


def test_items_by_hand() -> None:
    found = item_figures(SMALL, EQUAL, totals(SMALL, EQUAL))
    assert found.n.tolist() == [4, 4, 4]
    assert found.facility == pytest.approx([3 / 4, 2 / 4, 1 / 4])
    assert found.sd == pytest.approx([1 / 2, (1 / 3) ** 0.5, 1 / 2])
    # The first item, 1 1 1 0, and the rest, 2 1 0 0 (thirds): covariance 1/4 thirds; variances
    # 1/4 and 11/12 of thirds squared. Sorted, the rest goes with it: 0 0 1 2 and 0 1 1 1.
    assert found.discrimination[0] == pytest.approx(1 / 4 / (1 / 4 * 11 / 12) ** 0.5)
    assert found.efficiency[0] == pytest.approx(1.0)
    # The total is 3 2 1 0 thirds: covariance 1/2, variances 1/4 and 5/3.
    assert found.point_biserial[0] == pytest.approx(1 / 2 / (1 / 4 * 5 / 3) ** 0.5)


def test_an_item_that_is_worth_less_than_it_could() -> None:
    scores = np.array([[1.0, 0], [0, 1], [1, 1], [0, 0], [0, 1]])
    shares = np.array([0.5, 0.5])
    found = item_figures(scores, shares, totals(scores, shares))
    # x = 1 0 1 0 0, rest = 0 1 1 0 1 halves: covariance (1 - 2*3/5)/4 = -1/20; sorted, 0 0 0 1 1
    # and 0 0 1 1 1: (2 - 6/5)/4 = 1/5.
    assert found.efficiency[0] == pytest.approx(-1 / 4)


def test_a_set_by_hand() -> None:
    found = set_figures(SMALL, EQUAL)
    assert (found.learners, found.mean, found.median) == (4, pytest.approx(0.5), pytest.approx(0.5))
    assert found.sd == pytest.approx((5 / 3) ** 0.5 / 3)
    # KR-20: 3/2 (1 - (1/4 + 1/3 + 1/4) / (5/3)) = 3/4.
    assert found.alpha == pytest.approx(3 / 4)
    assert found.error_ratio == pytest.approx(1 / 2)
    assert found.standard_error == pytest.approx((5 / 3) ** 0.5 / 6)
    assert found.skewness == pytest.approx(0)
    assert found.kurtosis == pytest.approx(-1.2)


def test_effective_weights_by_hand() -> None:
    # cov(x, total) in thirds: 1/2, 2/3, 1/2.
    roots = np.sqrt([1 / 2, 2 / 3, 1 / 2])
    assert effective_weights(SMALL, EQUAL) == pytest.approx(roots / roots.sum())
    against = np.array([[1.0, 0, 0], [1, 0, 0], [0, 1, 1], [0, 1, 1]])
    assert np.isnan(effective_weights(against, EQUAL)).tolist() == [True, False, False]


@pytest.mark.parametrize("seed", range(3))
def test_scipy_says_the_same_of_items(seed: int) -> None:
    scores = drawn(seed)
    shares = np.array([1, 2, 3, 4, 5]) / 15
    total = totals(scores, shares)
    found = item_figures(scores, shares, total)
    for item in range(5):
        x, rest = scores[:, item], total - scores[:, item] * shares[item]
        assert found.discrimination[item] == pytest.approx(stats.pearsonr(x, rest).statistic)
        assert found.point_biserial[item] == pytest.approx(stats.pearsonr(x, total).statistic)
        best = np.cov(np.sort(x), np.sort(rest))[0, 1]
        assert found.efficiency[item] == pytest.approx(np.cov(x, rest)[0, 1] / best)
        assert found.sd[item] == pytest.approx(stats.tstd(x))


def test_scipy_says_the_same_of_a_right_or_wrong_item() -> None:
    scores = np.round(drawn(7))
    total = totals(scores, np.full(5, 1 / 5))
    found = item_figures(scores, np.full(5, 1 / 5), total)
    expected = stats.pointbiserialr(scores[:, 0], total).statistic
    assert found.point_biserial[0] == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_scipy_says_the_same_of_a_set(seed: int) -> None:
    scores = drawn(seed)
    found = set_figures(scores, np.full(5, 1 / 5))
    total = scores.mean(axis=1)
    k2, k3 = stats.kstat(total, 2), stats.kstat(total, 3)
    assert found.skewness == pytest.approx(k3 / k2**1.5)
    assert found.kurtosis == pytest.approx(stats.kstat(total, 4) / k2**2)
    assert found.sd == pytest.approx(stats.tstd(total))


@pytest.mark.parametrize(("right", "n"), [(0, 3), (1, 3), (7, 10), (40, 40), (431, 1000)])
def test_scipy_says_the_same_of_intervals(right: int, n: int) -> None:
    low, high = wilson(np.array([float(right)]), np.array([float(n)]))
    expected = stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert (low[0], high[0]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_who_has_not_answered_is_in_the_total_and_not_in_the_item() -> None:
    scores = np.array([[1.0, NAN], [0.0, 1.0], [1.0, 0.5]])
    shares = np.array([0.5, 0.5])
    assert totals(scores, shares) == pytest.approx([0.5, 0.5, 0.75])
    found = item_figures(scores, shares, totals(scores, shares))
    assert found.n.tolist() == [3, 2]
    assert found.facility == pytest.approx([2 / 3, 3 / 4])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scores", [np.zeros((0, 0)), np.ones((1, 1)), np.ones((3, 2))])
def test_where_nothing_differs_no_index_is_defined(scores: Array) -> None:
    shares = np.full(scores.shape[1], 1 / max(1, scores.shape[1]))
    found = item_figures(scores, shares, totals(scores, shares))
    for index in (found.discrimination, found.efficiency, found.point_biserial):
        assert np.isnan(index).all()
    assert np.isnan(alpha(scores, shares))
    assert np.isnan(set_figures(scores, shares).skewness)


def test_practice_by_hand() -> None:
    found = practice_figures(
        submissions=np.array([[1.0], [3], [NAN], [0]]),
        unreadable=np.array([[0.0], [1], [NAN], [3]]),
        seconds=np.array([[0.0], [90], [NAN], [NAN]]),
        by_number=[np.array([[1.0], [0], [NAN], [NAN]]), np.array([[NAN], [0.5], [NAN], [NAN]])],
    )
    assert found.submissions == pytest.approx([2])
    assert found.right == pytest.approx([1])
    assert found.seconds == pytest.approx([45])
    assert found.unreadable == pytest.approx([4 / 8])
    assert found.made.tolist() == [[2], [1]]
    assert found.means.tolist() == [[0.5], [0.5]]


def test_medians_leave_out_what_is_not_there() -> None:
    found = medians(np.array([[1.0, NAN], [NAN, NAN], [4.0, NAN]]))
    assert found[0] == 2.5
    assert np.isnan(found[1])
