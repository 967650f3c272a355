// The curves of a state: the theory along one axis, and what is marked on it.

import { powerLaw } from "./spectrum.js";
import { plateau, risk } from "./theory.js";

const EVEN = 120; // intervals of a curve
const NEAR = [0.15, 0.08, 0.04, 0.02, 0.01, 0.005, 0.002]; // relative distances from a threshold

/** The problem of a state, with one number in the place of that on the axis. */
export function problemAt(state, x = state[state.axis]) {
  const { n, p, quality, noise, ridge, width, weight } = { ...state, [state.axis]: x };
  return { n, p, quality, noise, ridge, width, weight, spectrum: powerLaw(state.d, state.exponent) };
}

/** Places evenly spaced in the logarithm, `count` intervals, both ends included. */
export function logSpaced(low, high, count = EVEN) {
  return Array.from({ length: count + 1 }, (_, i) =>
    i === 0 ? low : i === count ? high : low * (high / low) ** (i / count));
}

/**
 * The thresholds on the axis of a state: where it is, its name, and whether the error is infinite there.
 *
 * The model interpolates its n samples below n = min(d, m); without a ridge the error is infinite at it.
 */
export function thresholds(state) {
  const { axis, n, width, d, ridge, low, high } = state;
  const name = (left, right) => `${left} = ${right}`;
  const marks = [];
  if (axis === "n") {
    const size = Math.min(d, width ?? Infinity);
    marks.push({ x: size, name: name("n", size === d ? "d" : "m"), infinite: ridge === 0 });
  }
  if (axis === "width") {
    marks.push({ x: n, name: name("m", "n"), infinite: ridge === 0 && n <= d });
    if (n !== d) marks.push({ x: d, name: name("m", "d"), infinite: false });
  }
  return marks.filter(({ x }) => x >= low && x <= high);
}

/** Places along the axis: even in the logarithm, closer beside thresholds. */
export function places(state) {
  const marks = thresholds(state).map(({ x }) => x);
  const beside = marks.flatMap((x) => [x, ...NEAR.flatMap((by) => [x * (1 - by), x * (1 + by)])]);
  const inside = beside.filter((x) => x > state.low && x < state.high);
  return [...new Set([...logSpaced(state.low, state.high), ...inside])].sort((a, b) => a - b);
}

/**
 * Along the axis: the error with its parts, that of real data alone, and what is left as n -> infinity.
 *
 * `failed` counts places at which the equations were not solved; there the curves are interrupted.
 */
export function curves(state, xs = places(state)) {
  const along = chain(xs, (x, start) => risk(problemAt(state, x), start));
  const { axis } = state;
  const once = (f) => Array(xs.length).fill(f(xs[0]));
  const real = axis === "p" || axis === "weight"
    ? once((x) => realOnly(state, x))
    : chain(xs, (x, start) => realOnly(state, x, start));
  const left = axis === "n"
    ? once((x) => plateauAt(state, x))
    : chain(xs, (x, start) => plateauAt(state, x, start));
  const failed = along.filter(({ converged }) => !converged).length;
  return { x: xs, along, real, left, failed };
}

/** f(x, start) along xs, each started from the root of the one before. */
function chain(xs, f) {
  let start = 0;
  return xs.map((x) => {
    const answer = f(x, start);
    start = answer.root;
    return answer;
  });
}

/** The error of as many samples, all of them real. */
export function realOnly(state, x = state[state.axis], start = 0) {
  return risk({ ...problemAt(state, x), p: 0, weight: 1 }, start);
}

/** What is left of the error as n -> infinity at a place on the axis. */
export function plateauAt(state, x = state[state.axis], start = 0) {
  return plateau(problemAt(state, x), start);
}
