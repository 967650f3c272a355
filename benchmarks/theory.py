"""Points per second of the closed form, against SciPy and NumPy."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

import collapse_theory as ct
from benchmarks.peers import numpy_theory, scipy_dense, scipy_theory
from benchmarks.rows import Row, compare
from benchmarks.setting import Setting
from benchmarks.timing import side_by_side

Mapped = Callable[[np.ndarray], jax.Array]

# Points that stay in the cache together; the same in `simulations.sweep`.
BLOCK = 32
AGREE = 1e-6
ENDLESS = 10_000_000  # features


def rows(quick: bool) -> Iterator[Row]:
    """One row for each model and dimension; the seconds are those of one point."""
    rounds = 2 if quick else 9
    count = 16 if quick else 1024
    for d in (20,) if quick else (100, 1000, 10_000):
        spectrum = np.asarray(ct.spectra.power_law(d, 1.0))
        for m in (None, d // 2):
            yield from _commuting(spectrum, m, count, rounds)
    for m in (None, 10):
        yield from _ours(m, (20, 200) if quick else (1000, ENDLESS), count, rounds)
    for d in (10,) if quick else (100, 300):
        yield from _dense(d, 2 if quick else 8, rounds)


def _commuting(spectrum: np.ndarray, m: int | None, count: int, rounds: int) -> Iterator[Row]:
    d = len(spectrum)
    n = np.unique(np.geomspace(d / 5, 1000 * d, count).round() * 5)
    settings = [Setting(d, int(count), m) for count in n[:: max(1, len(n) // 24)]]
    compiled = mapped(partial(total, problem_of(spectrum, m)))
    exact = dict(zip(n.tolist(), np.asarray(compiled(n)).tolist(), strict=True))
    peers: dict[str, Callable[[np.ndarray, Setting], float]] = {"SciPy": scipy_theory}
    if m is None:
        peers["NumPy iteration"] = numpy_theory
    for peer in peers.values():
        theirs = [peer(spectrum, at) for at in settings]
        np.testing.assert_allclose(theirs, [exact[at.n] for at in settings], rtol=AGREE)

    def run(peer: Callable[[np.ndarray, Setting], float]) -> Callable[[], float]:
        return lambda: len([peer(spectrum, at) for at in settings])

    contenders = {"ours": _timed(compiled, n)} | {name: run(peer) for name, peer in peers.items()}
    model = "classical" if m is None else "projected"
    timings = side_by_side(contenders, rounds, f"theory, {model}, d = {d}")
    yield from compare("theory, s a point", f"{model}, d = {d}", timings)


def _ours(m: int | None, sizes: tuple[int, int], count: int, rounds: int) -> Iterator[Row]:
    """The same number of points in few and in very many dimensions, and their derivatives."""
    n = np.geomspace(sizes[0] / 5, 1000 * sizes[0], count)
    contenders, notes = {}, []
    for d in sizes:
        started = time.perf_counter()
        problem = problem_of(np.asarray(ct.spectra.power_law(d, 1.0)), m)
        notes.append(f"compressed to {problem.entries} entries in {time.perf_counter() - started:.2g} s")
        contenders[f"d = {d}"] = _timed(mapped(partial(total, problem)), n)
        contenders[f"d = {d}, derivatives"] = _timed(mapped(partial(_derivatives, problem)), n)
    model = "classical" if m is None else f"m = {m}"
    timings = side_by_side(contenders, rounds, f"theory, {model}, growth")
    yield from compare("theory, growth, s a point", model, timings, "; ".join(notes))


def _timed(compiled: Mapped, n: np.ndarray) -> Callable[[], float]:
    def run() -> float:
        jax.block_until_ready(compiled(n))
        return len(n)

    return run


def problem_of(spectrum: np.ndarray, m: int | None, compressed: bool = True) -> ct.Problem:
    """The benchmark's problem with Gamma and Delta multiples of I, compressed once."""
    d = len(spectrum)
    at = Setting(d, 1, m)
    problem = ct.real_and_synthetic(
        n=1.0,
        synthetic_fraction=at.synthetic_fraction,
        covariance=spectrum,
        quality=np.full(d, at.quality / d),
        signal=np.full(d, 1 / d),
        noise=at.noise,
        ridge=at.ridge,
        width=m,
    )
    return ct.compress(problem) if compressed else problem


def total(problem: ct.Problem, n: jax.Array) -> jax.Array:
    """The total error at n samples."""
    return jnp.asarray(ct.predict(ct.at_size(problem, n)).total)


def _derivatives(problem: ct.Problem, n: jax.Array) -> jax.Array:
    """By the number of samples, the ridge, and the noises of both sources."""

    def risk(n: jax.Array, ridge: jax.Array, noises: jax.Array) -> jax.Array:
        def changing(tree: ct.Problem) -> list:
            return [tree.ridge, *(source.noise for source in tree.sources)]

        return total(eqx.tree_at(changing, problem, [ridge, *noises]), n)

    noises = jnp.stack([source.noise for source in problem.sources])
    return jnp.concatenate([jnp.ravel(g) for g in jax.grad(risk, (0, 1, 2))(n, problem.ridge, noises)])


def mapped(function: Callable[[jax.Array], jax.Array]) -> Mapped:
    """A function of n for many n, compiled once."""
    return jax.jit(lambda n: jax.lax.map(function, n, batch_size=BLOCK))


def _dense(d: int, count: int, rounds: int) -> Iterator[Row]:
    rng = np.random.default_rng(0)
    spectrum = np.asarray(ct.spectra.power_law(d, 1.0))
    bases = [np.linalg.qr(rng.normal(size=(d, d)))[0] for _ in range(2)]
    covariances = [(Q * spectrum) @ Q.T for Q in bases]
    settings = [Setting(d, int(n), None) for n in (np.geomspace(d, 100 * d, count) / 5).round() * 5]

    def risk(n_1: jax.Array, n_2: jax.Array) -> jax.Array:
        at = settings[0]
        real = ct.Source(n_1, covariances[0], at.noise)
        synthetic = ct.Source(n_2, covariances[1], at.noise, jnp.eye(d) * at.quality / d)
        return ct.predict(ct.Problem((real, synthetic), jnp.eye(d) / d, at.ridge)).total

    compiled = jax.jit(lambda sizes: jax.lax.map(lambda pair: risk(*pair), sizes))
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
