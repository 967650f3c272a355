// What the page shows, as numbers with limits, and as text in the address.

/** The numbers that have a slider; `zero`: the leftmost place is 0; `whole`: whole numbers only. */
export const FIELDS = {
  n: { label: "samples", symbol: "n", low: 1, high: 1e10, whole: true,
    meaning: "Number of training samples, real and synthetic together." },
  p: { label: "synthetic share", symbol: "p₂", low: 1e-4, high: 1, zero: true,
    meaning: "Fraction of the samples whose labels are synthetic." },
  quality: { label: "label error", symbol: "c²", low: 1e-3, high: 10, zero: true,
    meaning: "How wrong synthetic labels are: the mean square of their error, where that of the true signal is 1." },
  noise: { label: "noise", symbol: "σ²", low: 1e-3, high: 10, zero: true,
    meaning: "Variance of the noise of each label, real or synthetic." },
  ridge: { label: "ridge", symbol: "λ", low: 1e-10, high: 10, zero: true,
    meaning: "Penalty λ‖v‖² beside the mean square of the residuals. At 0 the limit of a vanishing penalty is exact." },
  width: { label: "model size", symbol: "m", low: 1, high: 1e6, whole: true, none: "no projection",
    meaning: "Width of the random projection of the features. Without one the model is the classical linear model." },
  d: { label: "features", symbol: "d", low: 10, high: 1e6, whole: true,
    meaning: "Number of features." },
  exponent: { label: "spectrum decay", symbol: "a", low: 0, high: 2, step: 0.05,
    meaning: "Eigenvalues of the feature covariance fall like j^−a, with mean 1. At 0 all are equal." },
  weight: { label: "weight", symbol: "α₂", low: 1e-6, high: 100,
    meaning: "Weight of a synthetic sample in the training loss; a real one has weight 1." },
};

export const AXES = {
  n: "number of samples n", width: "model size m", p: "synthetic share p₂", weight: "weight α₂ of a synthetic sample",
};
export const PARTS = ["bias", "variance", "zeta"];

export const START = {
  axis: "n", low: 300, high: 1e10, n: 1e6, p: 0.01, quality: 1, noise: 0.1, ridge: 1e-8,
  width: null, d: 200, exponent: 0, weight: 1, parts: [...PARTS], stacked: false,
};

/** Where a slider from 0 to 1 stands for a value, and back. */
export function toSlider(field, value) {
  const { low, high, step } = FIELDS[field];
  if (step) return (value - low) / (high - low);
  return value <= low ? 0 : Math.log(value / low) / Math.log(high / low);
}

export function fromSlider(field, place) {
  const { low, high, step, zero, whole } = FIELDS[field];
  if (step) return Number((Math.round((low + place * (high - low)) / step) * step).toFixed(6));
  if (zero && place === 0) return 0;
  const value = Number((low * (high / low) ** place).toPrecision(whole ? 3 : 2));
  return whole ? Math.round(value) : value;
}

/** The value that a text says, or null where it is not one of the field. */
export function readField(field, text) {
  const { low, high, zero, whole, none } = FIELDS[field];
  if (none && text === "none") return { value: null };
  const value = text.trim() === "" ? NaN : Number(text);
  const inside = (value >= low && value <= high) || (zero && value === 0);
  return inside && (!whole || Number.isInteger(value)) ? { value } : null;
}

/** What is expected of a field, for a message. */
export function expectation(field) {
  const { low, high, zero, whole, none } = FIELDS[field];
  const kind = whole ? "a whole number" : "a number";
  return `${kind} from ${low} to ${high}${zero ? ", or 0" : ""}${none ? ", or none" : ""}`;
}

/** The span of a horizontal axis that is chosen by hand. */
export function usualSpan(axis, { d }) {
  const spans = { n: [d / 10, 1e5 * d], width: [d / 20, 50 * d], p: [1e-4, 1], weight: [1e-6, 100] };
  return spans[axis].map((end) => Math.min(Math.max(end, FIELDS[axis].low), FIELDS[axis].high));
}

/** The state as text for the address. */
export function toHash(state) {
  const numbers = Object.keys(FIELDS).map((field) => `${field}=${state[field] ?? "none"}`);
  const view = [`parts=${state.parts.join(".") || "none"}`, `stacked=${state.stacked ? 1 : 0}`];
  return [`axis=${state.axis}`, `low=${state.low}`, `high=${state.high}`, ...numbers, ...view].join("&");
}

/** The state in an address, what it leaves out as at the start; and a sentence for each thing that is wrong. */
export function fromHash(hash) {
  const state = { ...START, parts: [...START.parts] }, wrong = [];
  const refuse = (name, text, expected) => wrong.push(`${name} = ${text} in the address: expected ${expected}.`);
  const entries = new Map(new URLSearchParams(hash.replace(/^#/, "")));
  for (const [name, text] of entries) {
    if (name in FIELDS) {
      const read = readField(name, text);
      if (read) state[name] = read.value;
      else refuse(name, text, expectation(name));
    } else if (name === "axis") {
      if (text in AXES) state.axis = text;
      else refuse(name, text, `one of ${Object.keys(AXES).join(", ")}`);
    } else if (name === "stacked") state.stacked = text === "1";
    else if (name === "parts") state.parts = PARTS.filter((part) => text.split(".").includes(part));
    else if (name !== "low" && name !== "high") wrong.push(`${name} in the address is not known.`);
  }
  if (state.axis === "width" && state.width === null) state.width = state.d;
  const { low, high } = FIELDS[state.axis];
  const ends = ["low", "high"].map((end) => (entries.has(end) ? Number(entries.get(end)) : NaN));
  const inside = ends[0] >= low && ends[1] <= high && ends[0] < ends[1];
  if (inside || entries.has("axis")) [state.low, state.high] = inside ? ends : usualSpan(state.axis, state);
  if (!inside && (entries.has("low") || entries.has("high")))
    wrong.push(`low, high = ${entries.get("low")}, ${entries.get("high")} in the address: expected ${low} <= low < high <= ${high}.`);
  return { state, wrong };
}

/** Whether two states are of one curve: they differ at most in the place on it and in how it is shown. */
export function sameCurve(one, other) {
  const fixed = Object.keys(FIELDS).filter((field) => field !== one.axis);
  return one.axis === other.axis && fixed.every((field) => one[field] === other[field]);
}
