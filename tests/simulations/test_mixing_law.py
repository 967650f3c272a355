"""The finite-sample law of mixing: exact over all subsets of heavy-tailed rows."""

from itertools import combinations

import numpy as np
import pytest

from simulations.mixing_law import fit_mixing_law


def risks(rng, n=8, d=3, ridge=0.1):
    """The mean error, over all subsets of n_2 rows with synthetic labels, for n_2 = 0 .. n."""
    X = rng.standard_t(2.5, size=(n, d)) * [3.0, 1.0, 0.2]
    w = rng.normal(size=(2, d))
    labels = X @ w.T + rng.standard_cauchy(size=(n, 2))
    smoother = np.linalg.solve(X.T @ X + ridge * np.eye(d), X.T)
    means = []
    for n2 in range(n + 1):
        errors = []
        for subset in combinations(range(n), n2):
            y = labels[:, 0].copy()
            y[list(subset)] = labels[list(subset), 1]
            errors.append(np.sum((smoother @ y - w[0]) ** 2))
        means.append(np.mean(errors))
    return np.array(means)


@pytest.mark.parametrize("seed", range(3))
def test_three_mixes_give_all_others(seed):
    errors = risks(np.random.default_rng(seed))
    measured = [0, 3, 8]
    law = fit_mixing_law(8, measured, errors[measured], np.full(3, 0.1))
    values, _ = law(np.arange(9))
    np.testing.assert_allclose(values, errors, rtol=1e-12, atol=1e-13 * errors.max())
    assert law.chi2 is None
    assert law.a.value == pytest.approx(errors[0])
    # It is no consequence of three coefficients: a parabola in other numbers misses.
    cubic = np.polyfit(np.arange(9), errors, 3)[0] * 9**3
    assert abs(cubic) < 1e-9 * errors.max()


def test_standard_errors_are_those_of_repeated_fits():
    rng = np.random.default_rng(5)
    exact, mixes = risks(rng), np.array([0, 2, 4, 6, 8])
    stderr = np.array([0.1, 0.2, 0.1, 0.3, 0.2])
    laws = [
        fit_mixing_law(8, mixes, exact[mixes] + stderr * rng.normal(size=5), stderr) for _ in range(4000)
    ]
    fitted = np.array([law([1, 5])[0] for law in laws])
    predicted = laws[0]([1, 5])[1]
    # The standard deviation of 4,000 values is known to 1.1%; z counts these.
    assert (np.abs(fitted.std(axis=0) / predicted - 1) < 4 * 0.0112).all()
    assert (np.abs(fitted.mean(axis=0) - exact[[1, 5]]) < 4 * predicted / np.sqrt(4000)).all()
    chi2 = np.array([law.chi2 for law in laws])
    assert abs(chi2.mean() - 1) < 4 / np.sqrt(4000)  # 2 degrees of freedom: variance 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((1, [0, 1, 2], [1, 1, 1], [1, 1, 1]), "n = 1: expected a whole number >= 2"),
        ((8, [0, 1, 1], [1, 1, 1], [1, 1, 1]), "synthetic = 2 different numbers"),
        ((8, [0, 1, 9], [1, 1, 1], [1, 1, 1]), "synthetic = .*: expected numbers of rows from 0"),
        ((8, [0, 1, 2], [1, 1], [1, 1, 1]), "error = an array of shape"),
        ((8, [0, 1, 2], [1, 1, 1], [1, 0, 1]), "stderr = .*: expected numbers > 0"),
        ((8, [0, 1, 2], [1, np.nan, 1], [1, 1, 1]), "error = .*: expected finite numbers"),
    ],
)
def test_bad_input_is_one_sentence(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_mixing_law(*arguments)
