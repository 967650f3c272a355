// The root of an increasing function by Newton's method, which a bracket keeps from getting lost.

const FAR = 650; // exp of it is still a number
const MOST = 200; // steps; a few are usual
const PRECISION = 4e-15; // of a last step
const RESIDUAL = 1e-11; // beyond it there is no root to be told

/**
 * Where f, with f(x) = [value, derivative], is 0, looked for from `start` on; null where that was not reached.
 *
 * The value at the answer decides, not the number of steps: it has to be as small as rounding leaves it.
 */
export function rootOfIncreasing(f, start) {
  let low = -FAR, high = FAR, x = start, before = Infinity;
  for (let step = 0; step < MOST; step++) {
    const [value, slope] = f(x);
    if (Number.isNaN(value)) return null;
    if (value > 0) high = x;
    else low = x;
    let next = x - value / slope;
    if (Math.abs(next - x) <= PRECISION * (1 + Math.abs(x)) || value === 0)
      return Math.abs(value) <= RESIDUAL ? next : null;
    // Where f has a bend Newton's steps may jump to and fro across it, and hardly get shorter.
    const idle = low > -FAR && high < FAR && Math.abs(next - x) > before / 2;
    if (idle || !(next > low && next < high)) next = (low + high) / 2;
    before = Math.abs(next - x);
    if (next === low || next === high) return Math.abs(value) <= RESIDUAL ? x : null;
    x = next;
  }
  const [value, slope] = f(x);
  return Math.abs(value) <= RESIDUAL && Math.abs(value / slope) <= RESIDUAL * (1 + Math.abs(x)) ? x : null;
}
