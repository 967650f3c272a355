"""Accumulated data: the fit moves by new label noise only, a martingale."""

import numpy as np
import sympy as sp

from derivations.groundwork.curves import power_law, value
from derivations.groundwork.formulas import THEOREM_1, THEOREM_2
from derivations.steps import Check, Step
from derivations.verify import exact

L = sp.Symbol("L", positive=True)

DIMENSION, REAL, SYNTHETIC, ROUNDS, DRAWS, SEED = 40, 30, 30, 4, 200, 0  # of the brute force
RIDGE, WIDTH = 0.02, 25


def moved_by_noise() -> Step:
    """w_hat_t - w_hat_{t-1} in terms of the new noise."""
    h, b, e, u = (
        sp.Matrix(sp.symbols(f"{name}_1:{k + 1}")) for name, k in zip("hbeu", (3, 2, 2, 2), strict=True)
    )
    X, H = sp.Matrix(2, 2, sp.symbols("X_1:5")), sp.Matrix([[h[0], h[1]], [h[1], h[2]]])
    before, solve = H.inv() * b, (H + X.T * X).inv()
    after = solve * (b + X.T * (X * before + e))

    rows = sp.Matrix([[1, 2, 0], [0, 1, -1], [2, 0, 1], [1, 1, 3], [-1, 2, 1], [0, 3, 1]])
    S = sp.Matrix([[1, 0], [2, 1], [0, -1]])
    labels = sp.Matrix([3, -1])
    fits: list[sp.Matrix] = []
    for last in (2, 4, 6):
        if fits:
            new = rows[last - 2 : last, :]
            labels = labels.col_join(new * fits[-1] + e)
        Z = rows[:last, :] * S
        inverse = (Z.T * Z + L * sp.eye(2)).inv()
        fits.append(S * inverse * Z.T * labels)
    moved = S * inverse * Z[4:, :].T * e
    weights = sp.Matrix([1, 2, 5])
    return Step(
        r"**Accumulate: a martingale.** Keep all samples with the labels they have, and let round $t$ add $n_2$ that "
        r"$\hat w_{t-1}$ labels. Fix the ridge on the *sum* of squares, $L = \lambda n$, and any projection $S$. Then "
        r"the last fit solves the old normal equations, and those of its own labels but for their noise: the new fit "
        r"differs by what this noise makes. With $z = S^\top x$ and $H_t = \sum_{i \leq t} Z_i^\top Z_i + L$:",
        (
            r"H_{t-1} \hat v_{t-1} = b_{t-1}, \quad H_t \hat v_t = b_{t-1} + Z_t^\top (Z_t \hat v_{t-1} + \varepsilon_t) "
            r"= H_t \hat v_{t-1} + Z_t^\top \varepsilon_t",
            r"\hat w_t = \hat w_{t-1} + S H_t^{-1} Z_t^\top \varepsilon_t",
        ),
        (
            exact(
                "two features, two new samples, all entries symbols",
                (u.T * after)[0],
                (u.T * (before + solve * X.T * e))[0],
            ),
            exact(
                "three rounds trained on pooled rows, projected from 3 to 2 dimensions",
                (weights.T * (fits[2] - fits[1]))[0],
                (weights.T * moved)[0],
            ),
        ),
    )


def errors_add_up() -> Step:
    """The error of every round, against brute force with and without projections."""
    batches = [sp.Matrix(2, 2, entries) for entries in ((1, 2, 0, 1), (3, -1, 1, 1), (0, 2, -2, 5))]
    whole = sum((X.T * X for X in batches), sp.zeros(2))
    H = (whole + L * sp.eye(2)).inv()
    spectra = power_law(DIMENSION, 1.0, 0.0)
    return Step(
        r"**What accumulation costs.** The steps have mean 0 given the past, so their squares add up; bias and $\zeta$ "
        r"stay as they are after round 1. Given all rows together, rows of one source are exchangeable: the $n_2$ "
        r"newest of $N_i$ carry on average the share $n_2 / N_i$ of the variance that label noise on all of them makes. "
        r"That is the $V$ of Theorem 1, or 2, at $N_i$ samples and the ridge $L / N_i$ (one covariance, one "
        r"weight, and $\sigma_2^2$ for its noise). Brute force takes nothing of this for granted: it "
        rf"trains on {REAL} real and {SYNTHETIC} synthetic samples and {SYNTHETIC} more every round, "
        rf"$d = {DIMENSION}$, eigenvalues $\propto 1/j$, with the average over noise exact.",
        (
            r"E_t = E_{t-1} + \sigma_2^2 E \operatorname{tr}[\Sigma S H_t^{-1} Z_t^\top Z_t H_t^{-1} S^\top] "
            r"= E_{t-1} + \frac{n_2}{N_t} V\left(N_t, \frac{L}{N_t}\right)",
        ),
        (
            exact(
                "the shares of three batches add up to the variance",
                sum((H * X.T * X * H).trace() for X in batches),
                (H * whole * H).trace(),
            ),
            _against_brute_force("classical", THEOREM_1.variance, None, spectra),
            _against_brute_force(f"projected to m = {WIDTH}", THEOREM_2.variance, WIDTH, spectra),
        ),
    )


def same_rows() -> Step:
    """The same inputs labelled once more every round."""
    real, synthetic = (sp.Matrix(rows) for rows in ([[1, 2], [0, 1]], [[3, -1], [1, 1], [2, 0]]))
    e = [sp.Matrix(sp.symbols(f"e_{t}_1:4")) for t in (1, 2, 3)]
    w = sp.Matrix(sp.symbols("w_1:3"))
    old, new = real.T * real, synthetic.T * synthetic
    fits: list[sp.Matrix] = []
    labels: list[sp.Matrix] = []
    for noise in e:
        labels.append(synthetic * (fits[-1] if fits else w) + noise)
        rows = sp.Matrix.vstack(real, *[synthetic] * len(labels))
        y = sp.Matrix.vstack(real * w, *labels)
        fits.append((rows.T * rows + L * sp.eye(2)).inv() * rows.T * y)
    weights = sp.Matrix([1, 3])
    H = {i: (old + i * new + L * sp.eye(2)).inv() for i in (1, 2, 3)}
    moved = {i: H[i] * synthetic.T * e[i - 1] for i in (2, 3)}

    def variance(weight):
        """Of a fit whose synthetic samples have this weight, and noise 1."""
        gain = (old + weight * new + L * sp.eye(2)).inv() * weight * synthetic.T
        return (gain * gain.T).trace()

    i = sp.Symbol("i", positive=True, integer=True)
    alone = (i * new).inv() * i * synthetic.T
    return Step(
        r"**The same rows.** Let every round label the $n_2$ inputs of round 1 once more, and keep all labels they have "
        r"had (the design of Gerstgrasser et al.). Again the last fit solves all but the new noise, now with "
        r"$H_i = \alpha_1 Z_1^\top Z_1 + i \alpha_2 Z_2^\top Z_2 + L$. That is the fit of a problem whose synthetic "
        r"samples have the weight $i \alpha_2$, but for a factor $i$ before the noise: with $V_{(i)}$, what noise of "
        r"source 2 alone makes in that problem at the ridge $\lambda$, a round adds $V_{(i)} / i^2$. Without a ridge, "
        r"and with $p_2 = 1$, weights make no difference, and all rounds together make $\pi^2 / 6$ of the first, "
        r"exactly and at every size: more than fresh rows would.",
        (
            r"\hat w_i = \hat w_{i-1} + S H_i^{-1} \alpha_2 Z_2^\top \varepsilon_i, \qquad "
            r"E_t = E_1 + \sum_{i=2}^t \frac{V_{(i)}}{i^2}",
        ),
        (
            *(
                exact(
                    f"round {t} trained on all labels, two features",
                    (weights.T * (fits[t - 1] - fits[t - 2]))[0],
                    (weights.T * moved[t])[0],
                )
                for t in (2, 3)
            ),
            exact(
                "its variance is $1/9$ of that at three times the weight",
                (H[3] * new * H[3]).trace(),
                variance(3) / 9,
            ),
            exact(
                "without a ridge and real data a weight makes no difference",
                (alone * alone.T).trace(),
                new.inv().trace(),
            ),
            exact(r"$\sum 1/i^2$", sp.summation(1 / i**2, (i, 1, sp.oo)), sp.pi**2 / 6),
        ),
    )


def _against_brute_force(claim, formula, width, spectra):
    def variance(samples):
        sizes = {"n": samples} | ({} if width is None else {"m": width})
        ridge = RIDGE * (REAL + SYNTHETIC) / samples
        return value(formula, *spectra, ridge=ridge, p_2=0.0, noise=1.0, **sizes)

    totals = [REAL + SYNTHETIC * t for t in range(1, ROUNDS + 1)]
    expected = np.array([variance(totals[0]), *(SYNTHETIC / N * variance(N) for N in totals[1:])])
    rng = np.random.default_rng(SEED)
    added = np.diff([_trained(rng, spectra[0], width) for _ in range(DRAWS)], axis=1, prepend=0.0)
    mean, error = added.mean(axis=0), added.std(axis=0, ddof=1) / np.sqrt(DRAWS)
    distance = np.abs(mean - expected) / (4 * error + expected / DIMENSION)
    shown = ", ".join(
        f"{a:.4f} ± {b:.4f} ({c:.4f})" for a, b, c in zip(mean, error, expected, strict=True)
    )
    method = f"brute force (formula): {shown}; allowed: 4 standard errors and 1/d"
    return Check(
        f"{claim}: what rounds add to the variance over sigma^2", method, bool(distance.max() < 1)
    )


def _trained(rng, spectrum, width):
    """Variance over sigma^2 after every round: each fit as a matrix that acts on all noise so far."""
    size = len(spectrum)
    S = np.eye(size) if width is None else rng.standard_normal((size, width)) / np.sqrt(size)
    X = rng.standard_normal((REAL + SYNTHETIC, size)) * np.sqrt(spectrum)
    labels, ridge = np.eye(len(X)), RIDGE * len(X)
    errors = []
    for _ in range(ROUNDS):
        Z = X @ S
        fit = S @ np.linalg.solve(Z.T @ Z + ridge * np.eye(Z.shape[1]), Z.T @ labels)
        errors.append(np.sum(spectrum[:, None] * fit**2))
        new = rng.standard_normal((SYNTHETIC, size)) * np.sqrt(spectrum)
        X = np.concatenate([X, new])
        labels = np.block([[labels, np.zeros((len(labels), SYNTHETIC))], [new @ fit, np.eye(SYNTHETIC)]])
    return errors
