"""Chi-squared numbers have the law that SciPy knows."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy.stats import chi2, kstest

from simulations.chi_squared import chi_squared

DEGREES = jnp.array([1.0, 2.0, 3.0, 7.0, 100.0, 1e9])


def test_law_for_every_number_of_degrees():
    keys = jax.random.split(jax.random.key(0), 20_000)
    drawn = jax.vmap(lambda key: chi_squared(key, DEGREES, float))(keys)
    values = [kstest(drawn[:, i], chi2(float(degrees)).cdf).pvalue for i, degrees in enumerate(DEGREES)]
    assert min(values) > 1e-4
    correlations = np.corrcoef(np.asarray(drawn).T) - np.eye(len(DEGREES))
    assert np.abs(correlations).max() < 4.5 / np.sqrt(len(drawn))


def test_a_number_depends_on_its_own_key_only():
    keys = jax.random.split(jax.random.key(1), 50)
    together = jax.vmap(lambda key: chi_squared(key, DEGREES, float))(keys)
    np.testing.assert_allclose(together[7], chi_squared(keys[7], DEGREES, float), rtol=1e-14)
