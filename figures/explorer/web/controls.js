// Sliders with values that can be typed, the choice of the axis, and its ends.

import { AXES, FIELDS, expectation, fromSlider, readField, toSlider, usualSpan } from "./state.js";
import { tell } from "./text.js";

const STEPS = 400; // of a slider

/** Controls in `form`; `change(patch)` is called with what the user sets, `complain(text)` with what was wrong. */
export function makeControls(form, change, complain) {
  const fields = Object.keys(FIELDS).map((name) => makeField(name, change, complain));
  form.querySelector("#fields").append(...fields.map((field) => field.element));
  const axes = makeAxes(form, change, complain);
  return {
    show(state) {
      fields.forEach((field) => field.show(state));
      axes.show(state);
    },
  };
}

function makeField(name, change, complain) {
  const { label, symbol, meaning, none, zero } = FIELDS[name];
  const element = document.createElement("div");
  element.className = "field";
  element.title = meaning;
  element.innerHTML = `<label for="${name}">${label} <i>${symbol}</i></label>
    <input class="value" id="${name}-value" aria-label="${label} ${symbol}, value" inputmode="decimal" autocomplete="off">
    <input type="range" id="${name}" min="0" max="${STEPS}" step="1">
    ${none ? `<label class="none"><input type="checkbox" id="${name}-none"> ${none}</label>` : ""}`;
  const [slider, value, check] = [`#${name}`, `#${name}-value`, `#${name}-none`].map((id) => element.querySelector(id));
  let current = null;
  slider.addEventListener("input", () => change({ [name]: fromSlider(name, slider.value / STEPS) }));
  value.addEventListener("change", () => {
    const read = readField(name, value.value);
    if (!read) complain(`${symbol} = ${value.value}: expected ${expectation(name)}.`);
    change(read ? { [name]: read.value } : {});
  });
  check?.addEventListener("change", () => change({ [name]: check.checked ? null : (current ?? 100) }));
  const show = (state) => {
    const here = state[name];
    current = here ?? current;
    slider.disabled = here === null;
    // Where it says this value it stays: several places do, and arrow keys have to get past them.
    if (here !== null && fromSlider(name, slider.value / STEPS) !== here)
      slider.value = Math.max(Math.round(STEPS * toSlider(name, here)), zero && here > 0 ? 1 : 0);
    slider.setAttribute("aria-valuetext", tell(here));
    if (document.activeElement !== value) value.value = here === null ? "none" : short(here);
    element.classList.toggle("along", state.axis === name);
    if (check) {
      check.checked = here === null;
      check.disabled = state.axis === name;
    }
  };
  return { element, show };
}

/** A number as it is typed, without needless digits. */
function short(value) {
  const text = String(Number(value.toPrecision(6)));
  return text.length > 7 ? value.toExponential().replace("e+", "e") : text;
}

function makeAxes(form, change, complain) {
  const group = form.querySelector("#axes"), ends = ["low", "high"].map((end) => form.querySelector(`#${end}`));
  const symbols = { n: "n", width: "m", p: "p₂", weight: "α₂" };
  for (const axis of Object.keys(AXES)) {
    const label = document.createElement("label");
    label.title = `Error against the ${AXES[axis]}`;
    label.innerHTML = `<input type="radio" name="axis" value="${axis}"><span>${symbols[axis]}</span>`;
    group.append(label);
  }
  let state = null;
  group.addEventListener("change", ({ target }) => {
    const axis = target.value;
    const width = axis === "width" && state.width === null ? { width: state.d } : {};
    const [low, high] = usualSpan(axis, state);
    change({ axis, low, high, ...width });
  });
  for (const end of ends)
    end.addEventListener("change", () => {
      const [low, high] = ends.map(({ value }) => (value.trim() === "" ? NaN : Number(value)));
      const { low: least, high: most } = FIELDS[state.axis];
      const inside = low >= least && high <= most && low < high;
      if (!inside) complain(`axis from ${ends[0].value} to ${ends[1].value}: expected ${least} ≤ from < to ≤ ${most}.`);
      change(inside ? { low, high } : {});
    });
  const show = (now) => {
    state = now;
    for (const radio of group.querySelectorAll("input")) radio.checked = radio.value === state.axis;
    ends.forEach((end) => {
      if (document.activeElement !== end) end.value = short(state[end.id]);
    });
  };
  return { show };
}
