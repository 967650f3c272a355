"""Rows of the table: one for each readout, measured over seeds and predicted."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from simulations.language.readout.dependence import Scatter, endless, scatters
from simulations.language.readout.features import Features
from simulations.language.readout.held_out import HeldOut, held_out, story_losses, token_mean
from simulations.language.readout.origin import counts_at, single_tokens
from simulations.language.readout.plan import Block, Point
from simulations.language.readout.population import Population, population
from simulations.language.readout.statistics import ridge_readout, squared_norm, statistics
from simulations.language.readout.theory import Theory
from simulations.language.readout.unseen import Unseen, unseen
from simulations.language.readout.world import Place, World, make_world
from workbench.job import Answer, Progress

ROWS = ("stories", "tokens")
DIGITS = 7
# Features up to which other stories are predicted too: that takes several closed forms a point, whose
# number of tokens is that of a sample, a few times as many as there are features.
MOST_UNSEEN = 4000


class Task(NamedTuple):
    """A block of readouts, and what it shares with others."""

    place: Place
    block: Block
    ridge: float
    seeds: int


class Known(NamedTuple):
    """What the closed form is told of both sources, real first.

    - `theory`: the covariances of both sources and their best readouts;
    - `noises`: sigma_k^2 of both, and `c2` the distance of their best readouts;
    - `lengths`: mean numbers of tokens of a story;
    - `scatters`: what tokens add to the variance, by the fraction of synthetic stories;
    - `plateaus`: errors of the readouts of endless stories, by that fraction;
    - `unseen`: what other stories are like, if a source is a sample and the readout is not too wide.
    """

    theory: Theory
    noises: Float[np.ndarray, " 2"]
    c2: float
    lengths: Float[np.ndarray, " 2"]
    scatters: dict[float, list[Scatter]]
    plateaus: dict[float, float]
    unseen: Unseen | None


def work(task: Task, progress: Progress) -> Answer:
    """The results of a block's rows.  Raises ArithmeticError if a number is not finite."""
    world = world_of(task.place)
    z = world.features(task.block.width)
    origins = [world.real, world.synthetic]
    populations = [population(statistics(world.transitions, z, origin.law)) for origin in origins]
    columns = _measured(task, world, z, populations[0], progress)
    known = _known(task, world, z, populations)
    del z, populations  # of wide readouts they are gigabytes
    columns |= _predicted(task, world, known)
    columns["tokens"] = np.array([point.split for point in task.block.points]) @ known.lengths
    if not all(np.isfinite(values).all() for values in columns.values()):
        raise ArithmeticError("a readout is singular to rounding; use a larger ridge")
    return Answer(
        [
            {name: float(f"{values[i]:.{DIGITS}g}") for name, values in columns.items()}
            for i in range(len(task.block.points))
        ]
    )


@lru_cache(maxsize=1)  # states of all contexts are large
def world_of(place: Place) -> World:
    """The sources of a place, made once in a process."""
    return make_world(place, lambda flops: None)


@lru_cache(maxsize=8)
def _counts(
    place: Place, rows: str, points: tuple[Point, ...], seed: int
) -> tuple[dict[int, np.ndarray], ...]:
    """Counts of transitions by number of stories, real and synthetic; widths share them."""
    world = world_of(place)
    counted = []
    for source, origin in enumerate((world.real, world.synthetic)):
        origin = origin if rows == "stories" else single_tokens(origin)
        cuts = [point.split[source] for point in points]
        keys = [place.key, ROWS.index(rows), source, seed]
        counted.append({n: c.astype(np.int32) for n, c in counts_at(origin, cuts, keys).items()})
    return tuple(counted)


def _measured(
    task: Task, world: World, z: Features, real: Population, progress: Progress
) -> dict[str, Float[np.ndarray, " points"]]:
    """Errors of trained readouts, means and standard errors over seeds, and their losses held out."""
    points = task.block.points
    held = None if world.held_out is None else held_out(world.transitions, world.held_out)
    errors, losses = np.empty((task.seeds, len(points))), []
    for seed in range(task.seeds):
        drawn = _counts(task.place, task.block.rows, tuple(points), seed)
        for i, point in enumerate(points):
            counts = sum(of[n].astype(float) for of, n in zip(drawn, point.split, strict=True))
            means = statistics(world.transitions, z, np.asarray(counts))
            readout = ridge_readout(means, task.ridge)
            errors[seed, i] = squared_norm(readout - real.readout, real.covariance)
            if held is not None:
                losses.append(story_losses(held, z, readout))
            progress(1 / (task.seeds * len(points)))
    collapse = errors - errors[:, _clean(points)]
    columns = _mean("error", errors) | _mean("collapse", collapse)
    if held is not None:
        columns |= _losses(held, np.reshape(losses, (task.seeds, len(points), -1)).mean(axis=0), points)
    return columns


def _clean(points: list[Point]) -> list[int]:
    """Of each point that of the same size without synthetic stories."""
    return [points.index(Point(point.stories, 0.0)) for point in points]


def _mean(name: str, values: Float[np.ndarray, "seeds points"]) -> dict[str, np.ndarray]:
    root = np.sqrt(len(values))
    return {name: values.mean(axis=0), f"{name}_stderr": values.std(axis=0, ddof=1) / root}


def _losses(
    held: HeldOut, sums: Float[np.ndarray, "points stories"], points: list[Point]
) -> dict[str, np.ndarray]:
    """Loss and collapse on held-out stories, with standard errors for there being so few of them."""
    columns = {}
    for name, of in (("loss", sums), ("loss_collapse", sums - sums[_clean(points)])):
        means = [token_mean(held, story) for story in of]
        columns[name] = np.array([mean.value for mean in means])
        columns[f"{name}_stderr"] = np.array([mean.stderr for mean in means])
    return columns


def _known(task: Task, world: World, z: Features, populations: list[Population]) -> Known:
    origins = [world.real, world.synthetic]
    lengths = np.array([origin.length for origin in origins])
    real, synthetic = populations
    added, plateaus = {}, {}
    for p in sorted({point.fraction for point in task.block.points}):
        shares = np.array([1 - p, p]) * lengths
        mixture = endless(populations, list(shares / shares.sum()), task.ridge)
        added[p] = scatters(world.transitions, z, origins, populations, mixture)
        plateaus[p] = squared_norm(mixture.readout - real.readout, real.covariance)
        del mixture
    return Known(
        Theory(populations, task.ridge),
        np.array([real.noise, synthetic.noise]),
        squared_norm(synthetic.readout - real.readout, real.covariance),
        lengths,
        added,
        plateaus,
        unseen(world.transitions, z, origins) if task.block.width <= MOST_UNSEEN else None,
    )


def _predicted(task: Task, world: World, known: Known) -> dict[str, Float[np.ndarray, " points"]]:
    """The closed form at all points, and for endless stories, from the laws and some stories alone."""
    points, theory, noise = task.block.points, known.theory, float(known.noises[0])
    tokens = {p: np.array([1 - p, p]) * known.lengths for p in known.scatters}
    noises = {p: _noises(of, known, tokens[p], task.block.rows) for p, of in known.scatters.items()}
    counts = [np.array(point.split) * known.lengths for point in points]
    errors, equally = np.transpose(
        [
            theory.errors(n, np.stack([noises[point.fraction], known.noises]))
            for n, point in zip(counts, points, strict=True)
        ]
    )
    plateau = np.array([known.plateaus[point.fraction] for point in points])
    factors = np.array([_factors(known.scatters[p], tokens[p]) for _, p in points])
    clean = _clean(points)
    columns = {
        "predicted_error": errors,
        "predicted_collapse": errors - errors[clean],
        "equal_error": equally,
        "plateau": plateau,
        "plateau_collapse": plateau - plateau[clean],
        "unequal": factors[:, 0],
        "dependence": factors[:, 1],
        "c2": np.full(len(points), known.c2),
        "noise": np.full(len(points), noise),
    }
    if task.place.reader is None:  # hardly a prefix of a story is found twice
        columns["approximation"] = np.full(len(points), noise - _randomness(world))
    if known.unseen is not None:
        other = [
            known.unseen.error(theory, n, noises[p]) for n, (_, p) in zip(counts, points, strict=True)
        ]
        floor = noise + known.unseen.optimism(theory, noises[0.0])
        columns["predicted_loss"] = floor + np.array(other)
        columns["predicted_loss_collapse"] = columns["predicted_loss"] - columns["predicted_loss"][clean]
    return columns


def _noises(
    scatters: list[Scatter], known: Known, tokens: np.ndarray, rows: str
) -> Float[np.ndarray, " 2"]:
    """The noise that makes the theory's variance that of such rows: it adds b_k to it itself.

    Raises ArithmeticError where that is negative, so that no noise does.
    """
    noises = []
    for noise, one, count in zip(known.noises, scatters, tokens, strict=True):
        added = one.stories if rows == "stories" else one.tokens
        noises.append(noise + added - one.equal if count else noise)
    if min(noises) < 0:
        raise ArithmeticError(f"noises = {noises}: expected numbers >= 0")
    return np.array(noises)


def _factors(scatters: list[Scatter], tokens: np.ndarray) -> tuple[float, float]:
    """By how much unequal noise, and then the dependence within stories, lower the effective n."""
    weights = [p * one.unit for p, one in zip(tokens, scatters, strict=True)]
    equal, single, stories = (
        sum(weight * getattr(one, kind) for weight, one in zip(weights, scatters, strict=True))
        for kind in ("equal", "tokens", "stories")
    )
    return single / equal, stories / single


def _randomness(world: World) -> float:
    """E |y - P(. | context)|^2 = 1 - E |P(. | context)|^2: what no model of these contexts can know."""
    often = world.transitions.by_context(world.real.law)
    made = world.real.law > 0
    law, given = world.real.law[made], often[world.transitions.context[made]]
    return float(1 - np.sum(law**2 / given))
