// Numbers and sentences as people read them.

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const SYMBOLS = { n: "n", width: "m", p: "p₂", weight: "α₂" };

/** 10 to a whole power. */
export function powerOfTen(exponent) {
  return `10${[...String(exponent)].map((sign) => RAISED[sign]).join("")}`;
}

/** A number in at most three digits; what is no number in words. */
export function tell(value) {
  if (value === null) return "none";
  if (Number.isNaN(value)) return "not solved";
  if (value === Infinity) return "infinite";
  if (value === 0) return "0";
  if (value >= 0.001 && value < 100_000) {
    const rounded = Number(value.toPrecision(3));
    return rounded >= 10_000 ? rounded.toLocaleString("en") : String(rounded);
  }
  const [digits, exponent] = value.toExponential(2).split("e");
  const power = powerOfTen(Number(exponent));
  return Number(digits) === 1 ? power : `${Number(digits)} × ${power}`;
}

/** A fraction in percent. */
export function percent(fraction) {
  if (fraction < 0.001) return "less than 0.1%";
  return `${Number((100 * fraction).toPrecision(2))}%`;
}

/** What is to be said of one place on a curve: `here` is its error, `real` that of real data alone. */
export function story(state, x, here, real, left) {
  const place = `At ${SYMBOLS[state.axis]} = ${tell(x)}`;
  if (!here.converged) return `${place} the equations could not be solved, so there is no number.`;
  if (here.total === Infinity)
    return `${place} the model can just fit all its samples: without a ridge the error is infinite.`;
  const sentences = [];
  const collapse = here.zeta > 0
    ? `, and ${percent(here.zeta / here.total)} of it is collapse, the part that synthetic labels cause`
    : "";
  sentences.push(`${place} the error is ${tell(here.total)}${collapse}.`);
  if (state.p > 0 && state.axis !== "p") sentences.push(`As many real samples would give ${tell(real.total)}.`);
  if (left.converged) sentences.push(`However many more samples of this mixture come, ${tell(left.total)} is left.`);
  return sentences.join(" ");
}
