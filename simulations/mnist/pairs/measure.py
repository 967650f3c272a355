"""Rows of the table: what classifiers of one pair measure, and what the closed form says of them."""

import jax
import numpy as np

from simulations.mnist.pairs.pair import pair_of, trained
from simulations.mnist.pairs.theory import known_of, predicted
from workbench.job import Answer, Progress
from workbench.records import Record

DIGITS = 6  # of a result


def work(
    folder: str | None, small: bool, digits: tuple[int, int], points: list[Record], progress: Progress
) -> Answer:
    """Results of the points of one pair, in their order.

    Standard errors are over draws of the training images; `test_stderr` is that of a share of as many
    test images.  Raises ArithmeticError where a prediction did not converge.
    """
    pair = pair_of(folder, small, digits)
    known = known_of(pair)
    results: list[Record] = []
    for point in points:
        n, ridge, flip = int(point["n"]), float(point["ridge"]), float(point["flip"])  # type: ignore[arg-type]
        keys = jax.random.split(jax.random.key(int(point["key"])), int(point["seeds"]))  # type: ignore[arg-type]
        models = [trained(pair, n, ridge, flip, key) for key in keys]
        errors, wrong = (np.array(column, dtype=float) for column in zip(*models, strict=True))
        expected = predicted(pair, known, n, ridge, flip)
        share = wrong.mean()
        row = {
            "error": errors.mean(),
            "error_stderr": errors.std(ddof=1) / np.sqrt(len(errors)),
            "predicted_error": float(expected.error),
            "accuracy": 1 - share,
            "accuracy_stderr": wrong.std(ddof=1) / np.sqrt(len(wrong)),
            "test_stderr": np.sqrt(share * (1 - share) / len(pair.test)),
            "predicted_accuracy": 1 - float(expected.wrong),
        }
        results.append({name: float(f"{value:.{DIGITS}g}") for name, value in row.items()})
        progress(1 / len(points))
    return Answer(results)
