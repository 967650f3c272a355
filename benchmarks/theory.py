"""Points per second of the closed form, against SciPy and NumPy."""

from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from benchmarks.peers import numpy_theory, scipy_dense, scipy_theory
from benchmarks.rows import Row, compare
from benchmarks.setting import Setting
from benchmarks.timing import side_by_side

# Points that stay in the cache together; the same in `simulations.sweep`.
BLOCK = 16
AGREE = 1e-6


def rows(quick: bool) -> Iterator[Row]:
    """One row for each model and dimension; the seconds are those of one point."""
    rounds = 2 if quick else 9
    for d in (20,) if quick else (100, 1000, 10_000):
        spectrum = np.asarray(ct.spectra.power_law(d, 1.0))
        for m in (None, d // 2):
            yield from _commuting(spectrum, m, 16 if quick else 256, rounds)
    for d in (10,) if quick else (100, 300):
        yield from _dense(d, 2 if quick else 8, rounds)


def _commuting(spectrum: np.ndarray, m: int | None, count: int, rounds: int) -> Iterator[Row]:
    d = len(spectrum)
    n = np.unique(np.geomspace(d / 5, 1000 * d, count).round() * 5)
    settings = [Setting(d, int(count), m) for count in n[:: max(1, len(n) // 24)]]
    compiled = _predictions(jnp.asarray(spectrum), m)
    exact = dict(zip(n.tolist(), np.asarray(compiled(n)).tolist(), strict=True))
    peers: dict[str, Callable[[np.ndarray, Setting], float]] = {"SciPy": scipy_theory}
    if m is None:
        peers["NumPy iteration"] = numpy_theory
    for peer in peers.values():
        theirs = [peer(spectrum, at) for at in settings]
        np.testing.assert_allclose(theirs, [exact[at.n] for at in settings], rtol=AGREE)

    def run(peer: Callable[[np.ndarray, Setting], float]) -> Callable[[], float]:
        return lambda: len([peer(spectrum, at) for at in settings])

    def ours() -> float:
        compiled(n).block_until_ready()
        return len(n)

    contenders = {"ours": ours} | {name: run(peer) for name, peer in peers.items()}
    model = "classical" if m is None else "projected"
    timings = side_by_side(contenders, rounds, f"theory, {model}, d = {d}")
    yield from compare("theory, s a point", f"{model}, d = {d}", timings)


def _predictions(spectrum: jax.Array, m: int | None) -> Callable[[np.ndarray], jax.Array]:
    at = Setting(len(spectrum), 1, m)

    def total(n: jax.Array) -> jax.Array:
        problem = ct.real_and_synthetic(
            n=n,
            synthetic_fraction=at.synthetic_fraction,
            covariance=spectrum,
            quality=ct.spectra.isotropic(at.d) * at.quality / at.d,
            signal=ct.spectra.isotropic(at.d) / at.d,
            noise=at.noise,
            ridge=at.ridge,
            width=m,
        )
        return ct.predict(problem).total

    return jax.jit(lambda n: jax.lax.map(total, n, batch_size=BLOCK))


def _dense(d: int, count: int, rounds: int) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    spectrum = np.asarray(ct.spectra.power_law(d, 1.0))
    bases = [np.linalg.qr(rng.normal(size=(d, d)))[0] for _ in range(2)]
    covariances = [(Q * spectrum) @ Q.T for Q in bases]
    settings = [Setting(d, int(n), None) for n in (np.geomspace(d, 100 * d, count) / 5).round() * 5]

    def total(n_1: jax.Array, n_2: jax.Array) -> jax.Array:
        at = settings[0]
        real = ct.Source(n_1, covariances[0], at.noise)
        synthetic = ct.Source(n_2, covariances[1], at.noise, jnp.eye(d) * at.quality / d)
        return ct.predict(ct.Problem((real, synthetic), jnp.eye(d) / d, at.ridge)).total

    compiled = jax.jit(lambda sizes: jax.lax.map(lambda pair: total(*pair), sizes))
    sizes = jnp.array([at.counts for at in settings], dtype=float)
    theirs = [scipy_dense(covariances, at) for at in settings]
    np.testing.assert_allclose(theirs, compiled(sizes), rtol=AGREE)

    def ours() -> float:
        compiled(sizes).block_until_ready()
        return len(settings)

    def peer() -> float:
        return len([scipy_dense(covariances, at) for at in settings])

    timings = side_by_side({"ours": ours, "SciPy": peer}, rounds, f"theory, dense, d = {d}")
    yield from compare("theory, s a point", f"two dense covariances, d = {d}", timings)
