"""What a width study comes to: whether a larger model helps, whether synthetic rows harm it more, peaks.

Widths are compared by replicates, so that intervals know what errs together: all differences of widths
are of the same rows.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from simulations.forecast.estimate import interval
from workbench.records import Record


class Curve(NamedTuple):
    """Replicates of the errors of every width, trained on these numbers of rows."""

    n_real: int
    n_synthetic: int
    errors: Float[np.ndarray, "widths replicates"]


def verdict(widths: Sequence[int], curves: Sequence[Curve]) -> Record:
    """Numbers and sentences: of all rows, or of what a fold leaves where that tells more widths.

    `curves` are of all rows and of a fold's, without synthetic ones; then both with them, where there
    are any.  Widths whose errors the rows at hand do not tell are left out.
    """
    pairs = [curves[k::2] for k in range(2)]
    known = [np.all([np.isfinite(curve.errors).all(axis=1) for curve in pair], axis=0) for pair in pairs]
    pair, told = max(zip(pairs, known, strict=True), key=lambda one: one[1].sum())  # the first if equal
    record: Record = {"widths": ",".join(map(str, widths))}
    if told.sum() < 2:
        return record | {"about_size": "the rows at hand do not tell how errors change with the width"}
    shown = [width for width, tells in zip(widths, told, strict=True) if tells]
    chosen = [curve._replace(errors=curve.errors[told]) for curve in pair]
    last = chosen[-1]
    record |= {"width_n_real": last.n_real, "width_n_synthetic": last.n_synthetic}
    record |= _best(shown, last) | {"about_size": size_sentence(shown, last)}
    for curve, name in zip(chosen, ("peak_width_alone", "peak_width"), strict=False):
        at = peak(curve)
        record[name] = None if at is None else shown[at]
    if len(chosen) == 2:
        change = np.log(chosen[1].errors) - np.log(chosen[0].errors)
        record |= _growth(change) | {"about_synthetic": change_sentence(shown, change)}
    record["about_peak"] = peak_sentence(widths, curves)
    if not told.all():
        untold = ", ".join(f"{width:,}" for width in widths if width not in shown)
        record["about_untold"] = f"the rows at hand do not tell the errors at m = {untold}"
    return record


def _best(widths: Sequence[int], curve: Curve) -> Record:
    at = int(np.argmin(curve.errors[:, 0]))
    return {"best_width": widths[at], "best_width_error": float(curve.errors[at, 0])}


def _growth(change: Float[np.ndarray, "widths replicates"]) -> Record:
    """How much larger the change is at the largest width than at the smallest."""
    grown = interval(np.expm1(change[-1]) - np.expm1(change[0]))
    return {"growth": grown.value, "growth_low": grown.low, "growth_high": grown.high}


def size_sentence(widths: Sequence[int], curve: Curve) -> str:
    """Whether larger models have smaller errors."""
    value = curve.errors[:, 0]
    best, last = int(np.argmin(value)), len(value) - 1
    rows = _rows(curve)

    def at(index: int) -> str:
        return f"{value[index]:.4g} at m = {widths[index]:,}"

    falls, rises = larger(curve, 0, best), larger(curve, last, best)
    if falls and rises:
        return f"with {rows} a larger model helps from {at(0)} to {at(best)}, then hurts: {at(last)}"
    if falls:
        end = at(last) if best == last else f"{at(best)}, and makes no clear difference beyond"
        return f"with {rows} a larger model helps: from an error of {at(0)} to {end}"
    if rises:
        return f"with {rows} a larger model hurts: from an error of {at(best)} to {at(last)}"
    return f"with {rows} the size of the model makes no difference that these rows tell"


def _rows(curve: Curve) -> str:
    mixed = f"{curve.n_real:,} real and {curve.n_synthetic:,} synthetic rows"
    return mixed if curve.n_synthetic else f"{curve.n_real:,} real rows"


def change_sentence(widths: Sequence[int], change: Float[np.ndarray, "widths replicates"]) -> str:
    """Whether synthetic rows change the error of larger models by more; `change` is of log errors."""
    first, last = (f"{np.expm1(change[k, 0]):+.1%} (m = {widths[k]:,})" for k in (0, -1))
    moves = f"the synthetic rows change the error by {first} to {last}"
    grown = interval(np.expm1(change[-1]) - np.expm1(change[0]))
    if grown.low > 0:
        return f"{moves}: worse for the larger model"
    if grown.high < 0:
        return f"{moves}: better for the larger model"
    return f"{moves}, a difference too small to tell"


def peak_sentence(widths: Sequence[int], curves: Sequence[Curve]) -> str:
    """Where errors have an interpolation peak: of all curves, as numbers of rows move it."""
    parts = []
    for curve in curves:
        told = np.isfinite(curve.errors).all(axis=1)
        at = peak(curve._replace(errors=curve.errors[told]))
        if at is not None:
            parts.append(f"of {_rows(curve)} near m = {np.array(widths)[told][at]:,}")
    return f"interpolation peak {', '.join(parts)}" if parts else "no peak among these widths"


def peak(curve: Curve) -> int | None:
    """The width whose error stands out most above smaller and larger ones, None if none surely does."""
    value = np.log(curve.errors[:, 0])
    best, height = None, 0.0
    for i in range(1, len(value) - 1):
        before, after = int(np.argmin(value[:i])), i + 1 + int(np.argmin(value[i + 1 :]))
        stands = min(value[i] - value[before], value[i] - value[after])
        if stands > height and larger(curve, i, before) and larger(curve, i, after):
            best, height = i, stands
    return best


def larger(curve: Curve, first: int, second: int) -> bool:
    """Whether the error of the first width is surely larger: the interval of their ratio says so."""
    ratio = interval(np.log(curve.errors[first]) - np.log(curve.errors[second]))
    return bool(ratio.low > 0)
