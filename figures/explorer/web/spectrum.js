// A power-law spectrum in at most a few hundred numbers: eigenvalues with multiplicities.

const COUNTED = 32; // first eigenvalues, one by one
const NODES = 12; // of each block behind them

/**
 * Eigenvalues proportional to j^-exponent, j = 1 ... d, with mean 1, so that tr Sigma = d.
 *
 *     sum_j f(lambda_j)  =  sum_i counts[i] f(values[i])
 *
 * to about 1e-14 for every sum of the theory: behind the first eigenvalues, j runs over blocks from J + 1
 * to 2J, and the numbers in a block are a measure with a Gauss rule of its own.  A sum of the theory is
 * smooth in j as long as j > 0, and a block is as far from 0 as it is long.
 */
export function powerLaw(d, exponent) {
  if (latest?.d !== d || latest.exponent !== exponent) latest = { d, exponent, ...newPowerLaw(d, exponent) };
  return latest;
}

let latest = null; // a curve asks for the same one again and again

function newPowerLaw(d, exponent) {
  if (exponent === 0) return { values: Float64Array.of(1), counts: Float64Array.of(d) };
  const { places, counts } = integers(d);
  const values = places.map((j) => j ** -exponent);
  const mean = values.reduce((sum, value, i) => sum + value * counts[i], 0) / d;
  return { values: values.map((value) => value / mean), counts };
}

/** A Gauss rule for sums over j = 1 ... d: places j, not whole, and how many numbers each stands for. */
export function integers(d) {
  const places = [], counts = [];
  let last = Math.min(d, COUNTED);
  for (let j = 1; j <= last; j++) {
    places.push(j);
    counts.push(1);
  }
  while (last < d) {
    const length = Math.min(last, d - last);
    const rule = length === last ? wholeBlock(length) : gaussOfRange(length, Math.min(NODES, length));
    for (let i = 0; i < rule.nodes.length; i++) {
      places.push(last + 1 + rule.nodes[i]);
      counts.push(rule.weights[i]);
    }
    last += length;
  }
  return { places: Float64Array.from(places), counts: Float64Array.from(counts) };
}

const blocks = new Map(); // rules by length: all but the last block are the same for every d

function wholeBlock(length) {
  if (!blocks.has(length)) blocks.set(length, gaussOfRange(length, NODES));
  return blocks.get(length);
}

/**
 * The Gauss rule of the numbers 0 ... N - 1, each of weight 1: exact for polynomials of degree 2 nodes - 1.
 *
 * Its orthogonal polynomials are Gram's (discrete Chebyshev), p_{k+1} = (x - (N-1)/2) p_k - b_k p_{k-1} with
 * b_k = k^2 (N^2 - k^2) / (4 (4 k^2 - 1)); the zeros of one lie between those of the one before.
 */
export function gaussOfRange(N, count) {
  const b = Array.from({ length: count }, (_, k) => (k * k * (N * N - k * k)) / (4 * (4 * k * k - 1)));
  const middle = (N - 1) / 2;
  const orthonormal = (x, degree) => {
    const values = [1 / Math.sqrt(N)];
    for (let k = 0; k < degree; k++) {
      const before = k ? Math.sqrt(b[k]) * values[k - 1] : 0;
      // Only the sign of the last one matters, and b beyond the rule is not needed.
      values.push(((x - middle) * values[k] - before) / (k + 1 < count ? Math.sqrt(b[k + 1]) : 1));
    }
    return values;
  };
  let zeros = [];
  for (let degree = 1; degree <= count; degree++) {
    const ends = [-0.5, ...zeros, N - 0.5];
    zeros = Array.from({ length: degree }, (_, i) =>
      bisect((x) => orthonormal(x, degree)[degree], ends[i], ends[i + 1]),
    );
  }
  const weights = zeros.map((x) => 1 / orthonormal(x, count - 1).reduce((sum, v) => sum + v * v, 0));
  return { nodes: zeros, weights };
}

/** The zero of a function between two places where it has different signs. */
function bisect(f, low, high) {
  const rising = f(high) > 0;
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (f(middle) > 0 === rising) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}
