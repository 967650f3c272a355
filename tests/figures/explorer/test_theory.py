"""The closed form of the explorer, in JavaScript, says what `predict` says."""

import jax
import numpy as np
import pytest

import collapse_theory as ct
from tests.figures.explorer.browser import evaluate

PARTS = ("bias", "variance", "zeta")
D = 60
PROBLEMS = 300  # half of them classical
ENDLESS = 1e14  # samples
# What is asked of the page: of each problem its risk, the plateau, and the risk of endless samples.
ASK = """(explorer, problems) => problems.map(({ exponent, ...numbers }) => {
  const problem = { ...numbers, spectrum: explorer.powerLaw(numbers.d, exponent) };
  const endless = explorer.risk({ ...problem, n: ENDLESS });
  return { risk: explorer.risk(problem), plateau: explorer.plateau(problem), endless };
})""".replace("ENDLESS", f"{ENDLESS:g}")


def predicted(n, p, quality, noise, ridge, width, weight, exponent):
    """The parts of `predict` for arrays of these numbers, shape (problems, 3)."""

    def parts(n, p, quality, noise, ridge, width, weight, exponent):
        j = jax.numpy.arange(1, D + 1, dtype=float)
        covariance = j**-exponent
        problem = ct.real_and_synthetic(
            n=n,
            synthetic_fraction=p,
            covariance=covariance / covariance.mean(),
            quality=quality,
            noise=noise,
            ridge=ridge,
            width=width,
            weight=weight,
        )
        risk = ct.predict(problem)
        return jax.numpy.stack([jax.numpy.asarray(getattr(risk, part)) for part in PARTS])

    numbers = [n, p, quality, noise, ridge, width, weight, exponent]
    axes = [None if number is None else 0 for number in numbers]
    return np.asarray(jax.jit(jax.vmap(parts, axes))(*numbers))


def problems(count, projected, seed):
    """Random problems, of which many have no ridge, no width to spare or hardly a sample to spare."""
    rng = np.random.default_rng(seed)

    def log_uniform(low, high):
        return 10 ** rng.uniform(low, high, count)

    def either(share, value, other):
        return np.where(rng.random(count) < share, value, other)

    near = 1 + rng.choice([-1, 1], count) * log_uniform(-4, -1)  # on both sides of a threshold
    width = D * log_uniform(-1, 1.5) if projected else None
    n = either(0.2, D * near, D * log_uniform(-1.5, 2.5))
    if projected:
        width = either(0.2, D * near[::-1], width)
        n = either(0.2, width * near, n)
    return {
        "n": n,
        "p": either(0.1, 0.0, either(0.1, 1.0, either(0.5, rng.random(count), log_uniform(-4, -1)))),
        "quality": log_uniform(-2, 1),
        "noise": log_uniform(-2, 1),
        "ridge": either(0.4, 0.0, log_uniform(-12, 1)),
        "width": width,
        "weight": either(0.4, 1.0, log_uniform(-6, 2)),
        "exponent": rng.choice([0.0, 0.5, 1.0, 1.25, 2.0], count),
    }


def at_thresholds():
    """Exactly at n = d, n = m and m = d, projected, without a ridge and with one."""
    places = [(D, 90), (90, D), (D, D), (40, 40), (40, 50), (50, 40), (90, 80)]
    n, width = np.transpose(places * 2).astype(float)
    count = len(n)
    numbers = {"p": 0.3, "quality": 0.5, "noise": 0.1, "weight": 0.2, "exponent": 1.0}
    return {
        "n": n,
        "width": width,
        "ridge": np.where(np.arange(count) < len(places), 0.0, 1e-6),
        **{name: np.full(count, value) for name, value in numbers.items()},
    }


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """What the page says, by what is asked, and what `predict` says: arrays (problems, 3)."""
    sets = [problems(PROBLEMS // 2, False, 1), problems(PROBLEMS // 2, True, 2), at_thresholds()]
    asked = []
    for batch in sets:
        for i in range(len(batch["n"])):
            numbers = {k: None if v is None else float(v[i]) for k, v in batch.items()}
            asked.append(numbers | {"d": D})
    answers = evaluate(ASK, asked, tmp_path_factory.mktemp("browser"))
    assert all(part["converged"] is True for one in answers for part in one.values())
    shown = {
        asked: np.array([[float(one[asked][part]) for part in PARTS] for one in answers])
        for asked in answers[0]
    }
    joined = {k: np.concatenate([sets[1][k], sets[2][k]]) for k in sets[1]}
    return shown, np.concatenate([predicted(**sets[0]), predicted(**joined)])


def test_parts_are_those_of_predict(compared):
    """To 1e-9 each, with a ridge and without, on both sides of thresholds and at them."""
    shown, expected = compared[0]["risk"], compared[1]
    assert len(shown) == PROBLEMS + 14
    assert not np.isnan(expected).any()
    np.testing.assert_array_equal(np.isinf(shown), np.isinf(expected))
    assert np.isinf(expected[-14:-7]).any(axis=1).tolist() == [True, False, True, True] + 3 * [False]
    finite = np.isfinite(expected)
    np.testing.assert_allclose(shown[finite], expected[finite], rtol=1e-9, atol=0)


def test_the_plateau_is_what_endless_samples_leave(compared):
    """At 10^14 samples the noise counts for 10^-9 at most, where weights leave few that matter."""
    left, endless = compared[0]["plateau"], compared[0]["endless"]
    assert (left[:, 1] == 0).all()
    assert (endless[:, 1] < 1e-9).all()
    for part in (0, 2):
        np.testing.assert_allclose(left[:, part], endless[:, part], rtol=1e-9, atol=1e-12)


def test_spectra_are_sums_over_all_eigenvalues(tmp_path):
    """A hundred nodes say what a million eigenvalues say, for sums like those of the theory."""
    kappas = [float(kappa) for kappa in 10.0 ** np.arange(-10, 2, 2)]
    ask = """(explorer, { cases, kappas }) => cases.map(([d, exponent]) => {
      const { values, counts } = explorer.powerLaw(d, exponent);
      const sum = (f) => values.reduce((all, value, i) => all + counts[i] * f(value), 0);
      const sums = [(kappa) => (x) => x / (x + kappa), (kappa) => (x) => (kappa * x) / (x + kappa) ** 2];
      return kappas.map((kappa) => sums.map((f) => sum(f(kappa))));
    })"""
    cases = [[45, 1.0], [1000, 0.5], [77_777, 2.0], [1_000_000, 1.25]]
    answers = evaluate(ask, {"cases": cases, "kappas": kappas}, tmp_path)
    for (d, exponent), answer in zip(cases, answers, strict=True):
        spectrum = np.arange(1, d + 1) ** -exponent
        spectrum /= spectrum.mean()
        for kappa, sums in zip(kappas, answer, strict=True):
            passed = spectrum / (spectrum + kappa)
            expected = [passed.sum(), (passed * kappa / (spectrum + kappa)).sum()]
            np.testing.assert_allclose(sums, expected, rtol=1e-11)
