"""The verdict: what the forecast says in a few numbers, and how far to trust it."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import stats
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from simulations.forecast import outlook
from simulations.forecast.confidence import LEVEL
from simulations.forecast.estimate import ENDLESS, Estimate, interval
from simulations.forecast.model import Forecast
from workbench.records import Record, number

NORMAL = float(stats.norm.ppf((1 + LEVEL) / 2))
MOST_TOLD_APART = 5000  # rows of each kind
LARGE = 0.1  # a gap between theory and trained models, as a part of the error, that is not small
OUTSIDE = 3.0  # standard errors
TRUST, DISTRUST, UNTESTED = "trust", "do not trust", "untested"


def verdict(forecast: Forecast, progress: Callable[[float], object] = lambda share: None) -> Record:
    """The numbers: name, name_low and name_high of each, NaN where the rows do not tell it."""
    n, m = forecast.n_real, forecast.n_synthetic
    now = forecast.predict_error(n)
    limit = interval(forecast.replicates(forecast.training(math.inf, 0)).real, positive=True)
    data = forecast.data_
    record: Record = {
        "n_real": n,
        "n_synthetic": m,
        "dimension": int(forecast.sample_.real[0].shape[1] - 1),
        "classes": len(data.classes),
        "paired": data.paired,
        "variance": float(np.sum(data.real.labels.var(axis=0))),
        "ridge_now": forecast.training(n, 0).ridge,
    }
    record |= _named("error_now", now) | _named("error_endless_real", limit)
    progress(0.2)
    if not m:
        return record
    before = forecast.replicates(forecast.training(n, 0)).real
    everything = forecast.replicates(forecast.training(n, m)).real
    endless = forecast.training(ENDLESS * n / (n + m), ENDLESS * m / (n + m))
    record |= _named("error_all", interval(everything, positive=True))
    record |= _named("change", interval(everything / before - 1))
    record |= _named("plateau", interval(forecast.replicates(endless).real, positive=True))
    progress(0.2)
    weight, best = forecast.best_weight(n, m)
    record |= {"best_weight": weight} | _named("best_error", best)
    progress(0.2)
    c2, even = forecast.break_even()
    record |= _named("c2", c2) | _named("break_even_c2", even)
    record |= _named("replaced", interval(outlook.replaced(forecast)))
    record |= _named("exchange", interval(outlook.exchange(forecast)))
    progress(0.2)
    record |= _named("told_apart", told_apart(forecast))
    if data.paired:
        law = forecast.mixing_law()
        record |= {"law_n": law.n}
        for name in ("a", "b", "c"):
            value, stderr = getattr(law, name)
            reach = NORMAL * stderr
            record |= _named(f"law_{name}", Estimate(value, value - reach, value + reach, stderr))
    progress(0.2)
    return record


def told_apart(forecast: Forecast) -> Estimate:
    """How well real and synthetic inputs are told apart: the area under the curve, 0.5 if not at all."""
    data = forecast.data_
    if data.paired or data.synthetic is None:
        return Estimate(0.5, 0.5, 0.5, 0.0)
    generator = np.random.default_rng([int(forecast.random_state), 5])
    kinds = [kind.features[:, :-1] for kind in forecast.sample_.kinds]
    parts = [generator.permutation(Z)[:MOST_TOLD_APART] for Z in kinds]
    kind = np.repeat([0, 1], [len(part) for part in parts])
    # Correlations count, too: two Gaussians with covariances of their own, shrunk.
    judge = QuadraticDiscriminantAnalysis(reg_param=0.1)
    scores = cross_val_predict(judge, np.concatenate(parts), kind, cv=5, method="decision_function")
    area = float(roc_auc_score(kind, scores))
    # Hanley and McNeil (1982).
    few, many = sorted(len(part) for part in parts)
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        (area * (1 - area) + (few - 1) * (q1 - area**2) + (many - 1) * (q2 - area**2)) / few / many
    )
    stderr = math.sqrt(max(variance, 0.0))
    reach = NORMAL * stderr
    return Estimate(area, area - reach, min(area + reach, 1.0), stderr)


def trust(rows: Sequence[Record]) -> Record:
    """How far to trust the forecast, and why: from trained models, and from a rehearsal.

    The closed form is held against models trained on the rows at hand; in the rehearsal a third of the
    rows forecasts what all of them give.
    """
    gaps, ahead = (
        [
            _gap(*(number(row, name) for name in ("measured", "measured_stderr", value, high)))
            for row in rows
            if np.isfinite(number(row, "measured")) and np.isfinite(number(row, value))
        ]
        for value, high in (("predicted", "high"), ("rehearsed", "rehearsed_high"))
    )
    result: Record = {"trials": len(gaps), "rehearsals": len(ahead)}
    if not gaps:
        return result | {"trust": UNTESTED, "reason": "the rows at hand do not tell what was tried"}
    result["gap"] = float(np.median([abs(gap) for gap, _ in gaps]))
    if ahead:
        result["rehearsed_gap"] = float(np.median([abs(gap) for gap, _ in ahead]))
    for what, pairs in (("a trained model's error", gaps), ("in the rehearsal, the error", ahead)):
        wrong = [gap for gap, z in pairs if abs(gap) > LARGE and z > OUTSIDE]
        if wrong:
            worst = max(wrong, key=abs)
            reason = f"{what} was {worst:+.0%} from its forecast, beyond what chance does"
            return result | {"trust": DISTRUST, "reason": reason}
    if not ahead:
        return result | {"trust": UNTESTED, "reason": "too few rows to rehearse three times as many"}
    reason = (
        f"trained models were {result['gap']:.1%} from their forecasts, "
        f"in the rehearsal {result['rehearsed_gap']:.1%} (medians)"
    )
    return result | {"trust": TRUST, "reason": reason}


def _gap(measured: float, stderr: float, predicted: float, high: float) -> tuple[float, float]:
    """Measured over predicted, less 1; and the gap in standard errors of both."""
    own = predicted * math.log(high / predicted) / NORMAL
    own = own if math.isfinite(own) else 0.0
    return measured / predicted - 1, abs(measured - predicted) / math.hypot(stderr, own)


def _named(name: str, estimate: Estimate) -> Record:
    return {name: estimate.value, f"{name}_low": estimate.low, f"{name}_high": estimate.high}
