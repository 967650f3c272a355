"""The classification error against closed forms, invariances and the second moments of what is kept."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct

ISOTROPIC = ct.spectra.isotropic(60)


def mixture(n_1, n_2, shift, ridge=0.05, covariance=ISOTROPIC, width=None, noise=0.0):
    """Real and synthetic data of one covariance."""
    sources = (ct.Source(n_1, covariance, noise), ct.Source(n_2, covariance, noise, shift))
    return ct.Problem(sources, 1.0, ridge, width)


@pytest.mark.parametrize(
    ("n", "ridge", "flip", "error"),
    [(600, 1e-3, 0.0, 0.1679), (600, 1e-3, 0.2, 0.2845), (200, 1e-4, 0.1, 0.3541)],
)
def test_numbers_of_another_program(n, ridge, flip, error):
    """Computed when the formula was found; tests of simulations measure the same settings."""
    spectrum = ct.spectra.power_law(300, 0.7)
    problem = ct.Problem((ct.Source(n, spectrum / spectrum.sum()),), 1.0, ridge)
    assert ct.classification_error(problem, ct.SignLabels(flip)) == pytest.approx(error, abs=6e-5)


@pytest.mark.parametrize("flip", [0.0, 0.3, 0.8])
def test_isotropic_without_ridge(flip):
    """Least squares adds noise of variance s^2 phi / (1 - phi) in all directions, at phi = d/n."""
    phi, mean = 0.25, np.sqrt(2 / np.pi) * (1 - 2 * flip)
    problem = ct.Problem((ct.Source(60 / phi, ISOTROPIC),), 1.0, 0.0)
    cosine = mean / np.sqrt(mean**2 + (1 - mean**2) * phi / (1 - phi))
    expected = np.arccos(cosine) / np.pi
    assert ct.classification_error(problem, ct.SignLabels(flip)) == pytest.approx(expected, rel=1e-12)


def test_breakdown_point():
    """With more flips than p* = 1 / (1 + psi / phi) a model learns the opposite of the truth."""
    phi, psi = 0.9, 0.3
    breakdown = 1 / (1 + psi / phi)

    def labels(p):
        return ct.SignLabels(), ct.SignLabels(p, ct.Verifier(phi, psi))

    def at_size(n, p):
        return ct.classification_error(mixture(0.0, n, 0.0), labels(p))

    for n in (30.0, 300.0, 3e4):
        assert at_size(n, breakdown) == pytest.approx(0.5, abs=1e-12)
    assert at_size(1e6, breakdown - 0.02) < 0.1
    assert at_size(1e6, breakdown + 0.02) > 0.9
    for p, limit in ((0.7, 0.0), (0.8, 1.0)):
        endless = ct.classification_plateau(mixture(0.0, 100.0, 0.0), labels(p))
        assert endless == pytest.approx(limit, abs=1e-7)


@pytest.mark.parametrize("shift", [0.1, 2.0])
def test_a_perfect_verifier_leaves_half_of_the_errors_of_another_function(shift):
    problem = mixture(0.0, 100.0, shift, ridge=0.0)
    angle = np.arctan(np.sqrt(shift))
    perfect = ct.SignLabels(0.0, ct.Verifier(1.0, 0.0))
    assert ct.classification_plateau(problem) == pytest.approx(angle / np.pi, rel=1e-9)
    halved = ct.classification_plateau(problem, (ct.SignLabels(), perfect))
    assert halved == pytest.approx(angle / (2 * np.pi), rel=1e-9)


def test_wrong_and_kept_shares():
    verifier = ct.Verifier(0.8, 0.3)
    flipped = ct.label_quality(mixture(10.0, 10.0, 0.0), ct.SignLabels(0.2, verifier))
    np.testing.assert_allclose(flipped.kept, 0.8 * 0.8 + 0.2 * 0.3)
    np.testing.assert_allclose(flipped.wrong, 0.2 * 0.3 / (0.8 * 0.8 + 0.2 * 0.3))
    # tan(theta) = 1: 1/4 of the labels of w_2 are wrong.
    other = ct.label_quality(mixture(10.0, 10.0, 1.0), ct.SignLabels(0.0, verifier))
    np.testing.assert_allclose(other.kept, [0.8, 0.75 * 0.8 + 0.25 * 0.3])
    np.testing.assert_allclose(other.wrong, [0.0, 0.25 * 0.3 / (0.75 * 0.8 + 0.25 * 0.3)], atol=1e-15)


LABELS = (ct.SignLabels(0.05), ct.SignLabels(0.1, ct.Verifier(0.9, 0.2)))


def test_a_source_split_in_two_is_the_same():
    """With moments, since the parts of the synthetic source share their vector; in another basis."""
    width = 40.0
    problem = mixture(150.0, 200.0, 0.7, width=width, noise=0.2)
    whole = ct.classification_error(problem, LABELS)
    spectrum = jnp.ones(60)
    same = jnp.array([[1.0, 1.0, 1.0], [1.0, 1.7, 1.7], [1.0, 1.7, 1.7]])
    moments = same[:, :, None] * jnp.ones(60)[None, None] / 60
    sources = tuple(ct.Source(n, spectrum, 0.2) for n in (150.0, 80.0, 120.0))
    split = ct.Problem(sources, None, 0.05, width, moments=moments)
    assert ct.classification_error(split, (*LABELS, LABELS[1])) == pytest.approx(float(whole), rel=1e-10)


def test_matrices_are_their_eigenvalues_in_any_basis():
    spectra = ct.spectra.power_law(20, 1.0), ct.spectra.power_law(20, 0.3)
    basis, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 20)))

    def error(covariances):
        first, second = covariances
        sources = (ct.Source(60.0, first, 0.1), ct.Source(90.0, second, 0.0, 0.5, 2.0))
        return ct.classification_error(ct.Problem(sources, 1.0, 0.1, 15.0), LABELS)

    turned = [basis @ np.diag(spectrum) @ basis.T for spectrum in spectra]
    assert error(turned) == pytest.approx(float(error(spectra)), rel=1e-9)


def test_only_the_directions_of_signals_count():
    problem = mixture(150.0, 200.0, 0.7)
    larger = ct.Problem(
        tuple(ct.Source(s.n, s.covariance, 0.0, 9 * s.shift) for s in problem.sources), 9.0, 0.05
    )
    one, other = (ct.classification_error(p, LABELS) for p in (problem, larger))
    assert one == pytest.approx(float(other), rel=1e-12)


def test_derivatives_and_batches():
    def error(x):
        n, shift, flip, psi, ridge = x
        labels = ct.SignLabels(0.05), ct.SignLabels(flip, ct.Verifier(0.9, psi))
        return ct.classification_error(mixture(150.0, n, shift, ridge), labels)

    at = jnp.array([200.0, 0.7, 0.1, 0.2, 0.05])
    step = 1e-5 * jnp.diag(at)
    batch = jax.jit(jax.vmap(jax.value_and_grad(error)))
    values, slopes = batch(jnp.concatenate([at[None], at[None] + step, at[None] - step]))
    differences = (values[1:6] - values[6:]) / (2e-5 * at)
    np.testing.assert_allclose(slopes[0], differences, rtol=1e-6, atol=1e-10)


def test_the_threshold_and_no_answer_at_all():
    peak = ct.Problem((ct.Source(60.0, ISOTROPIC),), 1.0, 0.0)
    assert ct.classification_error(peak) == pytest.approx(0.5, abs=1e-12)
    pure_noise = ct.Problem((ct.Source(90.0, ISOTROPIC),), 1.0, 0.1)
    assert ct.classification_error(pure_noise, ct.SignLabels(0.5)) == pytest.approx(0.5, abs=1e-12)


def test_bad_arguments():
    problem = mixture(10.0, 10.0, 0.1)
    with pytest.raises(ValueError, match=r"flip = 1.2: expected a number in \[0, 1\]"):
        ct.SignLabels(1.2)
    with pytest.raises(ValueError, match=r"keep_wrong = -0\.1: expected"):
        ct.Verifier(1.0, -0.1)
    with pytest.raises(ValueError, match=r"verifier = 0\.5: expected a Verifier"):
        ct.SignLabels(0.1, 0.5)
    with pytest.raises(ValueError, match="labels = those of 1 sources: expected those of 2"):
        ct.classification_error(problem, [ct.SignLabels()])
    with pytest.raises(ValueError, match=r"labels = 0.1: expected SignLabels"):
        ct.classification_error(problem, 0.1)
    with pytest.raises(ValueError, match="signal = 0"):
        ct.classification_error(ct.Problem(problem.sources, 0.0, 0.1))
    with pytest.raises(ValueError, match="verifier = one that keeps nothing"):
        ct.classification_error(problem, ct.SignLabels(0.0, ct.Verifier(0.0, 0.0)))
