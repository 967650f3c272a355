// The Python that gives the same curve.

const LONG = 10_000; // more features than this are given as eigenvalues with multiplicities

const ARGUMENTS = { n: "n", width: "width", p: "synthetic_fraction", weight: "weight" };

/** A program whose `risk` has the arrays bias, variance, zeta and total of the curve of a state. */
export function python(state) {
  const { axis, d, exponent, low, high } = state;
  const argument = ARGUMENTS[axis];
  const long = d > LONG;
  const spectrum = long
    ? `eigenvalues, multiplicities = ct.spectra.long_power_law(${d}, ${number(exponent)})`
    : `eigenvalues = ct.spectra.power_law(${d}, ${number(exponent)})`;
  const values = {
    n: state.n, synthetic_fraction: state.p, quality: state.quality, noise: state.noise, ridge: state.ridge,
    width: state.width, weight: state.weight,
  };
  const settings = Object.entries(values).map(([name, value]) =>
    `            ${name}=${name === argument ? argument : number(value)},`);
  return [
    "import jax",
    "import jax.numpy as jnp",
    "",
    "import collapse_theory as ct",
    "",
    spectrum,
    "",
    "",
    `def error(${argument}):`,
    "    return ct.predict(",
    "        ct.real_and_synthetic(",
    "            covariance=eigenvalues,",
    ...(long ? ["            multiplicities=multiplicities,"] : []),
    ...settings,
    "        )",
    "    )",
    "",
    "",
    `${argument} = jnp.geomspace(${number(low)}, ${number(high)}, 121)`,
    `risk = jax.jit(jax.vmap(error))(${argument})`,
    "print(risk.total)",
    "",
  ].join("\n");
}

/** A number as Python reads it, as short as it can be said. */
function number(value) {
  if (value === null) return "None";
  const [plain, scientific] = [String(value), value.toExponential().replace("e+", "e")];
  return scientific.length < plain.length ? scientific : plain;
}
