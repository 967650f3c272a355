"""Problems that several tests share."""

import equinox as eqx
import numpy as np

import collapse_theory as ct

# Two-sided normal quantile for one false alarm in about 10,000 comparisons.
ALARM = 4.0
PARTS = ("bias", "variance", "zeta")


def parts(risk):
    """The three parts of a risk as a NumPy array."""
    return np.array([getattr(risk, part) for part in PARTS], dtype=float)


def random_problem(rng, d=None, sources=None, diagonal=True, **fixed):
    """A problem with everything different: covariances, noises, weights, sizes, width, test set."""
    d = 17 if d is None else d  # one dimension: few programs to compile
    sources = int(rng.integers(1, 4)) if sources is None else sources
    rotations = [np.eye(d) if diagonal else np.linalg.qr(rng.normal(size=(d, d)))[0] for _ in range(9)]

    def psd(scale=1.0):
        eigenvalues = scale * rng.uniform(0.1, 2, d)
        rotation = rotations[rng.integers(9)]
        return eigenvalues if diagonal else (rotation * eigenvalues) @ rotation.T

    made = tuple(
        ct.Source(
            n=d * 10 ** rng.uniform(-1, 1),
            covariance=psd(),
            noise=rng.uniform(0, 1),
            shift=0.0 if k == 0 else psd(1 / d),
            weight=rng.uniform(0.2, 2),
        )
        for k in range(sources)
    )
    width = None if rng.random() < 0.4 else d * 10 ** rng.uniform(-1, 1)
    settings = {"signal": psd(1 / d), "ridge": 10 ** rng.uniform(-4, 0), "width": width}
    return ct.Problem(made, test_covariance=psd(), **(settings | fixed))


def replace(module, **changes):
    """A copy of an equinox module with some fields replaced, its checks not run again."""
    names = list(changes)
    return eqx.tree_at(
        lambda tree: [getattr(tree, name) for name in names],
        module,
        [changes[name] for name in names],
        is_leaf=lambda leaf: leaf is None,
    )


def small_problem(n, width, ridge, dense=False):
    """Two sources of eight features, of other covariances, vectors or matrices, and weights."""
    rng = np.random.default_rng(5)
    d = 8
    spectra = [rng.uniform(0.2, 2, d), rng.uniform(0.2, 2, d)]
    if dense:
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        spectra = [np.diag(spectra[0]), (Q * spectra[1]) @ Q.T]
    sources = (
        ct.Source(n - n // 3, spectra[0], 0.3),
        ct.Source(n // 3, spectra[1], 0.6, rng.uniform(0, 0.3, d), 0.5),
    )
    return ct.Problem(sources, rng.uniform(0, 0.5, d), ridge, width)
