// The test error in closed form, from the deterministic equivalent with one covariance: two sources,
// real (1) and synthetic (2), with weights alpha_k, and random projections of width m (or none).
//
// Unknowns: kappa, the effective ridge, with df_k = tr[(Sigma (Sigma + kappa)^-1)^k] and D = df_1 - df_2; and t,
// which tells by e_k = alpha_k e / (e + alpha_k q), e = p_1 e_1 + p_2 e_2 = t q, how far from interpolation we are:
//
//     df_1 = n q(t),     q(t) = sum_k p_k alpha_k / (t + alpha_k),
//     lambda d = kappa t q (m - df_1)        (classical model: lambda = kappa t q).
//
// For unit weights e = 1 - df_1 / n, and this is lambda = (m / d) kappa (1 - df_1 / n) (1 - df_1 / m).
// Everything below is a sum of positive terms: what is small, as n - df_1 beside a threshold, is never
// computed as a difference of what is not.

import { rootOfIncreasing } from "./root.js";

/**
 * Bias, variance and zeta of a problem, and their sum.
 *
 * `problem`: n samples of which the fraction p is synthetic; quality c^2 = tr(Sigma Delta), noise sigma^2,
 * ridge lambda >= 0 (0 is the exact limit), width m or null, weight alpha_2 > 0 (alpha_1 = 1), spectrum as of
 * `powerLaw`; Gamma and Delta are multiples of I with tr(Sigma Gamma) = 1.  `start` is the `root` of the answer
 * to a problem close to this one, which saves time and changes nothing else.
 *
 * Parts are Infinity at an interpolation threshold without a ridge.  `converged` is false, and all parts
 * are NaN, where the equations were not solved.
 */
export function risk(problem, start = 0) {
  const { n, ridge, width, noise, spectrum } = problem;
  const sources = activeSources(problem);
  const share = sources.reduce((sum, source) => sum + source.p, 0);
  const samples = sources.length === 2 ? n : n * share;
  const rank = Math.min(samples, width ?? Infinity);
  // From g = rank - df_1 and df_1 itself: q, t and derivatives with respect to log(g / df_1).
  const loss = (g, df1) => {
    const q = df1 / n;
    const t = tilt(sources, q, (samples - rank + g) / n);
    const slope = sources.reduce((sum, { p, alpha }) => sum + (p * alpha) / (t + alpha) ** 2, 0);
    const dq = -(g * df1) / rank / n;
    return { q, t, logSlope: dq / q - (t ? dq / slope / t : 0) };
  };
  const spare = (width ?? rank) - rank; // m - rank
  const equation = (g, df1) => {
    const { q, t, logSlope } = loss(g, df1);
    if (width === null) return { log: Math.log(ridge / t / q), slope: -logSlope };
    const log = Math.log((ridge * spectrum.d) / (spare + g) / t / q);
    return { log, slope: -logSlope - (g * df1) / rank / (spare + g) };
  };
  const solution = solve(spectrum, rank, ridge, equation, start);
  if (!solution) return failure();
  const { kappa, g, df1, root } = solution;
  const { q, t } = loss(g, df1);
  const e = sources.map(({ alpha }) => alpha / (t + alpha) / q); // e_k / e
  const a = sources.map(({ p }, k) => p * e[k] ** 2);
  const pi = sources.reduce((sum, { p, synthetic }, k) => sum + (synthetic ? p * e[k] : 0), 0);
  const { beta, shift, misfit, D, df2, seen } = forms(problem, kappa, width === null ? null : spare + g, pi);
  const all = a.reduce((sum, x) => sum + x, 0);
  const U = (df2 + D * (1 - seen)) / n;
  const slope = sources.reduce((sum, { p, alpha }) => sum + (p * alpha) / (t + alpha) ** 2, 0);
  const room = (t / q) * slope + (all / n) * D * seen; // 1 - a U
  const heard = sources.reduce(
    (sum, { synthetic }, k) => sum + a[k] * (synthetic ? misfit : pi ** 2 * shift), 0);
  const over = (x) => (x > 0 ? x / room : 0);
  return parts(root, over(beta), over(noise * all * U), pi ** 2 * shift + over(U * heard));
}

/** The same as n -> infinity at fixed fractions, ridge and width: the plateau, without variance. */
export function plateau(problem, start = 0) {
  const { ridge, width, spectrum } = problem;
  const sources = activeSources(problem);
  const e = sources.reduce((sum, { p, alpha }) => sum + p * alpha, 0);
  const pi = sources.reduce((sum, { p, alpha, synthetic }) => sum + (synthetic ? (p * alpha) / e : 0), 0);
  let kappa = ridge / e, slack = null, root = 0;
  if (width !== null) {
    const equation = (g, df1) => ({
      log: Math.log((ridge * spectrum.d) / e / g),
      slope: -df1 / width,
    });
    const solution = solve(spectrum, width, ridge, equation, start);
    if (!solution) return failure();
    ({ kappa, g: slack, root } = solution);
  }
  const { beta, shift } = forms(problem, kappa, slack, pi);
  return parts(root, beta, 0, pi ** 2 * shift);
}

/** The sources that enter the loss. */
function activeSources({ p, weight }) {
  const sources = [
    { p: 1 - p, alpha: 1, synthetic: false },
    { p, alpha: weight, synthetic: true },
  ];
  return sources.filter((source) => source.p > 0 && source.alpha > 0);
}

/** t >= 0 from q = sum_k p_k alpha_k / (t + alpha_k) and s = sum_k p_k t / (t + alpha_k). */
function tilt(sources, q, s) {
  if (sources.length === 1) return (sources[0].alpha * s) / q;
  const [{ p: p1, alpha: a1 }, { p: p2, alpha: a2 }] = sources;
  // q t^2 + b t = alpha_1 alpha_2 s, and b in two ways, of which one is without cancellation.
  const b = s < q ? p2 * a1 + p1 * a2 - s * (a1 + a2) : q * (a1 + a2) - p1 * a1 - p2 * a2;
  const root = Math.sqrt(b * b + 4 * q * a1 * a2 * s);
  return b > 0 ? (2 * a1 * a2 * s) / (b + root) : (root - b) / (2 * q);
}

/**
 * kappa, df_1 and g = rank - df_1, or null where the equations were not solved.
 *
 * `equation(g, df_1)` is log kappa and its derivative with respect to z = log(g / df_1): it falls, so that the
 * df_1 of the spectrum at that kappa rises with z, while the df_1 that z says falls.  Without a ridge either
 * df_1 is the rank, or kappa is 0 and df_1 = d.
 */
function solve(spectrum, rank, ridge, equation, start) {
  const { d } = spectrum;
  if (ridge === 0) {
    if (rank >= d) return { kappa: 0, g: rank - d, df1: d, root: start };
    const x = rootOfIncreasing((x) => {
      const { df1, D, lost } = traces(spectrum, Math.exp(x));
      return rank > d / 2
        ? [Math.log(lost / (d - rank)), D / lost]
        : [Math.log(rank / df1), D / df1];
    }, start);
    return x === null ? null : { kappa: Math.exp(x), g: 0, df1: rank, root: x };
  }
  const above = Math.max(rank - d, 0), below = Math.max(d - rank, 0);
  const at = (z) => ({ g: rank / (1 + Math.exp(-z)), df1: rank / (1 + Math.exp(z)) });
  const z = rootOfIncreasing((z) => {
    const { g, df1 } = at(z);
    const { log, slope } = equation(g, df1);
    const sums = traces(spectrum, Math.exp(log));
    if (rank < d / 2 || rank > 2 * d) // df_1 of the spectrum is the df_1 of z
      return [Math.log(sums.df1 / df1), (-sums.D / sums.df1) * slope + g / rank];
    // The same, as d - df_1: nothing cancels where the rank is near d.
    const mine = below + g, other = above + sums.lost;
    return [Math.log(mine / other), (g * df1) / rank / mine - (sums.D * slope) / other];
  }, start);
  if (z === null) return null;
  const { g, df1 } = at(z);
  return { kappa: Math.exp(equation(g, df1).log), g, df1, root: z };
}

/** df_1, D = df_1 - df_2 and d - df_1 of a spectrum, each a sum of positive terms. */
function traces({ values, counts }, kappa) {
  let df1 = 0, D = 0, lost = 0;
  for (let i = 0; i < values.length; i++) {
    const inverse = 1 / (values[i] + kappa), passed = counts[i] * values[i] * inverse;
    df1 += passed;
    D += passed * kappa * inverse;
    lost += counts[i] * kappa * inverse;
  }
  return { df1, D, lost };
}

/**
 * The quadratic forms of the error, with R = (Sigma + kappa)^-1 and rho = kappa D / (m - df_2) (classical: 0):
 *
 *     beta   = tr Gamma Sigma (kappa^2 + rho Sigma) R^2        what is missed of w_1
 *     shift  = tr Delta Sigma^2 (Sigma + rho) R^2              what is learnt of delta
 *     misfit = tr Delta Sigma (((1 - pi) Sigma + kappa)^2 + pi^2 rho Sigma) R^2     what is missed of delta
 *
 * when a part pi of the labels is synthetic; and seen = (m - df_1) / (m - df_2), `slack` being m - df_1.
 */
function forms({ quality, spectrum }, kappa, slack, pi) {
  const { values, counts, d } = spectrum;
  const { D } = traces(spectrum, kappa);
  const open = slack === null || slack + D === 0; // classical, or m = d without a ridge, where D = 0
  const seen = open ? 1 : slack / (slack + D), rho = open ? 0 : (kappa * D) / (slack + D);
  let beta = 0, shift = 0, misfit = 0, df2 = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i], inverse = 1 / (value + kappa), weight = counts[i] * value * inverse * inverse;
    beta += weight * (kappa * kappa + rho * value);
    shift += weight * value * (value + rho);
    misfit += weight * (((1 - pi) * value + kappa) ** 2 + pi * pi * rho * value);
    df2 += weight * value;
  }
  const size = quality / d; // Delta as a multiple of I, and Gamma is 1 / d
  return { beta: beta / d, shift: shift * size, misfit: misfit * size, D, df2, seen };
}

function parts(root, bias, variance, zeta) {
  const total = bias + variance + zeta;
  return Number.isNaN(total) ? failure() : { converged: true, root, bias, variance, zeta, total };
}

function failure() {
  return { converged: false, root: 0, bias: NaN, variance: NaN, zeta: NaN, total: NaN };
}
