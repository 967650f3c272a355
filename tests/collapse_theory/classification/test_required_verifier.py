"""The verifier that is required is the one that changes nothing."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct

ISOTROPIC = ct.spectra.isotropic(60)


def mixture(n, shift, synthetic=1.0):
    """As many real as synthetic data, or with `synthetic` = 0 real data alone."""
    sources = (ct.Source(n, ISOTROPIC), ct.Source(synthetic * n, ISOTROPIC, 0.0, shift))
    return ct.Problem(sources, 1.0, 0.2)


def labels(psi, flip=0.0):
    """Those of a verifier that keeps most right labels."""
    return ct.SignLabels(), ct.SignLabels(flip, ct.Verifier(0.8, psi))


def test_with_the_required_verifier_labels_make_no_difference():
    n, shift = 1000.0, 0.3
    ratio = ct.required_verifier(mixture(n, shift), labels(0.5))
    assert 0.01 < ratio < 0.99
    alone = ct.classification_error(mixture(n, shift, 0.0), labels(0.5))
    errors = [
        ct.classification_error(mixture(n, shift), labels(0.8 * factor * ratio))
        for factor in (1.0, 0.9, 1.1)
    ]
    assert errors[0] == pytest.approx(float(alone), rel=1e-8)
    assert errors[1] < alone < errors[2]


def test_it_must_be_better_with_more_data_only_where_errors_are_systematic():
    sizes = jnp.array([30.0, 1e3, 1e5])

    def required(n, shift, flip):
        return ct.required_verifier(
            mixture(n, shift), labels(1.0, flip), ridges=jnp.array([0.02, 0.2, 2.0])
        )

    batch = jax.jit(jax.vmap(required, in_axes=(0, None, None)))
    systematic, random = batch(sizes, 0.3, 0.0), batch(sizes, 0.0, 0.3)
    assert systematic[0] == 1.0
    assert systematic[2] == 0.0
    assert (np.diff(systematic) < 0).all()
    assert (random > 0.2).all()


def test_bad_arguments():
    problem = mixture(100.0, 0.3)
    with pytest.raises(ValueError, match="source = 3: expected a whole number from 1 to 2"):
        ct.required_verifier(problem, None, 3)
    with pytest.raises(ValueError, match="n = 0 in every source but 1: expected samples"):
        ct.required_verifier(mixture(100.0, 0.3, 0.0), None, 1)
    with pytest.raises(ValueError, match=r"ridges = .*: expected numbers >= 0"):
        ct.required_verifier(problem, ridges=[-1.0])
