"""Rows of the table: a network's own loss, and its readouts, measured over seeds and predicted."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from simulations.language.frozen.plan import Plan
from simulations.language.frozen.world import World, author_place, make_world
from simulations.language.readout.dependence import endless, scatters
from simulations.language.readout.held_out import HeldOut, held_out, story_losses, token_mean
from simulations.language.readout.origin import counts_at
from simulations.language.readout.plan import Point
from simulations.language.readout.population import Population, population
from simulations.language.readout.statistics import ridge_readout, squared_norm, statistics
from simulations.language.readout.theory import Theory
from simulations.language.readout.unseen import unseen
from workbench.job import Answer, Progress

DIGITS = 7


class Task(NamedTuple):
    """A network of a fraction of synthetic stories: the `network`-th, counted from 0."""

    plan: Plan
    fraction: float
    network: int
    key: int
    folder: Path  # of unfinished authors
    code: str


def work(task: Task, progress: Progress) -> Answer:
    """The rows of a network, one for each size.  Raises ArithmeticError if a number is not finite."""
    place = author_place(task.plan, task.network, task.key, task.folder, task.code)
    world = make_world(task.plan, task.fraction, task.network, place, progress)
    held = held_out(world.transitions, world.held_out)
    populations = [
        population(statistics(world.transitions, world.features, origin.law)) for origin in world.origins
    ]
    squares = token_mean(held, world.squares)
    network = {
        "network_loss": float(world.network.loss[0]),
        "network_excess": float(world.network.excess[0]),
        "network_squared": squares.value,
        "network_squared_stderr": squares.stderr,
    }
    rows = []
    for size in task.plan.sizes:
        points = [Point(size, 0.0), Point(size, task.fraction)]
        measured = _measured(task, world, held, populations[0], points)
        rows.append(network | measured | _predicted(task, world, populations, points))
        progress(1 / len(task.plan.sizes))
    if not all(np.isfinite(list(row.values())).all() for row in rows):
        raise ArithmeticError("a readout is singular to rounding; use a larger ridge")
    return Answer([{name: float(f"{value:.{DIGITS}g}") for name, value in row.items()} for row in rows])


def _measured(
    task: Task, world: World, held: HeldOut, real: Population, points: list[Point]
) -> dict[str, float]:
    """Errors and held-out losses of readouts of the mix, and how much less those of real stories err."""
    errors = np.empty((task.plan.seeds, 2))
    sums: list[list[Float[np.ndarray, " stories"]]] = [[], []]
    for seed in range(task.plan.seeds):
        for i, point in enumerate(points):
            counts = np.zeros(len(world.transitions.context))
            for source, (origin, n) in enumerate(zip(world.origins, point.split, strict=True)):
                counts += counts_at(origin, [n], [task.key, task.network, source, seed])[n]
            readout = ridge_readout(
                statistics(world.transitions, world.features, counts), task.plan.ridge
            )
            errors[seed, i] = squared_norm(readout - real.readout, real.covariance)
            sums[i].append(story_losses(held, world.features, readout))
    clean, mixed = (np.mean(part, axis=0) for part in sums)
    return (
        _mean("error", errors[:, 1])
        | _mean("collapse", errors[:, 1] - errors[:, 0])
        | _of_stories("loss", held, mixed)
        | _of_stories("clean_loss", held, clean)
        | _of_stories("loss_collapse", held, mixed - clean)
    )


def _mean(name: str, values: Float[np.ndarray, " seeds"]) -> dict[str, float]:
    stderr = values.std(ddof=1) / np.sqrt(len(values))
    return {name: float(values.mean()), f"{name}_stderr": float(stderr)}


def _of_stories(name: str, held: HeldOut, sums: Float[np.ndarray, " stories"]) -> dict[str, float]:
    mean = token_mean(held, sums)
    return {name: mean.value, f"{name}_stderr": mean.stderr}


def _predicted(
    task: Task, world: World, populations: list[Population], points: list[Point]
) -> dict[str, float]:
    """The closed form of both readouts, on the law of the pools and on other stories."""
    lengths = np.array([origin.length for origin in world.origins])
    theory = Theory(populations, task.plan.ridge)
    others = unseen(world.transitions, world.features, world.origins)
    assert others is not None  # the sources are pools
    errors, losses = [], []
    for point in points:
        counts = np.array(point.split) * lengths
        noises = _noises(task, world, populations, counts)
        errors.append(theory.errors(counts, noises[None])[0])
        losses.append(others.error(theory, counts, noises))
        if not point.fraction:
            floor = populations[0].noise + others.optimism(theory, noises)
    synthetic = populations[1].readout - populations[0].readout
    return {
        "noise": populations[0].noise,
        "c2": squared_norm(synthetic, populations[0].covariance),
        "predicted_error": float(errors[1]),
        "predicted_collapse": float(errors[1] - errors[0]),
        "predicted_loss": floor + losses[1],
        "predicted_clean_loss": floor + losses[0],
        "predicted_loss_collapse": losses[1] - losses[0],
    }


def _noises(
    task: Task, world: World, populations: list[Population], counts: Float[np.ndarray, " 2"]
) -> Float[np.ndarray, " 2"]:
    """The noise that makes the theory's variance that of whole stories: it adds b_k to it itself."""
    mixture = endless(populations, list(counts / counts.sum()), task.plan.ridge)
    added = scatters(world.transitions, world.features, world.origins, populations, mixture)
    noises = np.array(
        [
            source.noise + (one.stories - one.equal if count else 0.0)
            for source, one, count in zip(populations, added, counts, strict=True)
        ]
    )
    if noises.min() < 0:
        raise ArithmeticError(f"noises = {noises}: expected numbers >= 0")
    return noises
