"""Made problems with a known truth: how often the interval of a forecast holds it."""

import numpy as np

from simulations.forecast.estimate import interval
from simulations.forecast.features import penalty
from simulations.forecast.model import Forecast
from simulations.forecast.trials import shuffled, trained
from workbench.job import Answer, Progress
from workbench.records import Record

DIMENSIONS = (5, 10, 20, 40)
MODELS = 60  # trained, for the truth


def made(seeds: list[int], progress: Progress) -> Answer:
    """A row a problem: forecast, and the mean error of many models trained on fresh rows."""
    results = []
    for seed in seeds:
        results.append(problem(seed))
        progress(1 / len(seeds))
    return Answer(results)


def problem(seed: int) -> Record:
    """Two Gaussian sources with covariances, signals and noises of their own; a third as many rows."""
    random = np.random.default_rng([seed, 9])
    d = int(random.choice(DIMENSIONS))
    n = int(random.uniform(2.5, 10) * d) + 30
    m = int(random.uniform(0.5, 2) * n)
    spectrum = np.arange(1, d + 1.0) ** -random.uniform(0, 1.2)
    roots = [np.sqrt(spectrum / spectrum.mean())[:, None] * np.linalg.qr(random.normal(size=(d, d)))[0]]
    roots.append(
        roots[0] @ (np.eye(d) + random.uniform(0, 0.3) * random.normal(size=(d, d)) / np.sqrt(d))
    )
    signal = random.normal(size=d) / np.sqrt(d)
    signals = [signal, signal + random.uniform(0, 0.8) * random.normal(size=d) / np.sqrt(d)]
    noises = random.uniform(0.2, 1.5, size=2)

    def draw(count: int, k: int) -> tuple[np.ndarray, np.ndarray]:
        x = random.normal(size=(count, d)) @ roots[k]
        y = x @ signals[k] + noises[k] * random.normal(size=count)
        return np.column_stack([x, np.ones(count)]), y[:, None]

    real, synthetic = draw(n, 0), draw(m, 1)
    forecast = Forecast(features="embedding", random_state=seed)
    forecast.fit(real[0][:, :-1], real[1][:, 0], synthetic[0][:, :-1], synthetic[1][:, 0])
    growth = random.choice([0.0, 1.0, 3.0], size=2, p=[0.2, 0.3, 0.5])
    sizes = int(max(growth[0], 0.5) * n), int(growth[1] * m)
    training = forecast.training(*sizes)
    estimate = interval(forecast.replicates(training).real, positive=True)
    covariance = roots[0].T @ roots[0]
    errors = []
    for _ in range(MODELS):
        shown = shuffled(draw(sizes[0], 0), draw(sizes[1], 1), False, random)
        weights = trained(*shown, training, False)
        gap = weights[:-1, 0] - signals[0]
        errors.append(gap @ covariance @ gap + weights[-1, 0] ** 2 + noises[0] ** 2)
    assert len(penalty(d + 1)) == len(weights)  # the intercept is the last weight
    row: Record = {
        "n_real": sizes[0],
        "n_synthetic": sizes[1],
        "dimension": d,
        "variance": float(signals[0] @ covariance @ signals[0] + noises[0] ** 2),
        "ridge": training.ridge,
        "predicted": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "measured": float(np.mean(errors)),
        "measured_stderr": float(np.std(errors, ddof=1) / np.sqrt(MODELS)),
    }
    return {k: v for k, v in row.items() if not isinstance(v, float) or np.isfinite(v)}
