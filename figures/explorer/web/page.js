// The page: one state, shown by chart, controls, numbers and address.

import { makeChart } from "./chart.js";
import { makeControls } from "./controls.js";
import { curves, plateauAt, problemAt, realOnly } from "./curves.js";
import { python } from "./python.js";
import { powerLaw } from "./spectrum.js";
import { FIELDS, PARTS, START, fromHash, sameCurve, toHash } from "./state.js";
import { story, tell } from "./text.js";
import { plateau, risk } from "./theory.js";

const find = (id) => document.getElementById(id);
const { presets } = JSON.parse(find("data").textContent);
for (const preset of presets) preset.state = { ...START, parts: [...PARTS], ...preset.state };

let state = presets[0].state, hovered = null, waiting = false, writing = 0;
const chart = makeChart(find("chart"), hover, (x) => change({ [state.axis]: placed(x) }));
const controls = makeControls(find("controls"), change, complain);

function change(patch) {
  state = { ...state, ...patch };
  hovered = null;
  if (Object.keys(patch).length) complain("");
  redraw();
}

/** Draw once before the next frame, however many changes there are until then. */
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw() {
  const preset = presets.find((candidate) => sameCurve(candidate.state, state));
  const drawn = curves(state);
  controls.show(state);
  chart.show(state, drawn, preset?.points);
  readOut();
  find("see").textContent = preset
    ? preset.sentence
    : "A setting of your own. The settings above are those of the figures, with simulated points on the curves.";
  for (const button of find("presets").children)
    button.setAttribute("aria-pressed", button.textContent === preset?.title);
  find("failed").textContent = drawn.failed
    ? `The curve is interrupted at ${drawn.failed} of ${drawn.x.length} places, where the equations could not be solved.`
    : "";
  find("dots").hidden = !preset;
  find("view").textContent = state.stacked ? "Parts as lines" : "Parts stacked";
  for (const part of PARTS) {
    find(`${part}-shown`).checked = state.stacked || state.parts.includes(part);
    find(`${part}-shown`).disabled = state.stacked;
  }
  clearTimeout(writing); // browsers allow few changes of the address a second
  writing = setTimeout(() => history.replaceState(null, "", `#${toHash(state)}`), 250);
}

/** The numbers under the pointer, or at the place that the sliders say. */
function readOut() {
  const x = hovered ?? state[state.axis];
  const here = risk(problemAt(state, x)), real = realOnly(state, x), left = plateauAt(state, x);
  const values = { ...here, real: real.total, left: left.total };
  for (const name of ["total", ...PARTS, "real", "left"]) find(name).textContent = tell(values[name]);
  find("story").textContent = story(state, x, here, real, left);
}

function hover(x) {
  hovered = x === null ? null : Math.min(Math.max(x, state.low), state.high);
  readOut();
}

/** A place on the axis as its slider would say it. */
function placed(x) {
  const { low, high, whole } = FIELDS[state.axis];
  const rounded = Number(x.toPrecision(3));
  return Math.min(Math.max(whole ? Math.round(rounded) : rounded, low), high);
}

function complain(text) {
  find("wrong").textContent = text;
}

function restore() {
  const read = fromHash(location.hash);
  state = location.hash.length > 1 ? read.state : { ...presets[0].state };
  complain(read.wrong.join(" "));
  redraw();
}

for (const preset of presets) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = preset.title;
  button.addEventListener("click", () => {
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
    change({ ...preset.state });
  });
  find("presets").append(button);
}
for (const part of PARTS)
  find(`${part}-shown`).addEventListener("change", ({ target }) => {
    const shown = PARTS.filter((name) => (name === part ? target.checked : state.parts.includes(name)));
    change({ parts: shown });
  });
find("view").addEventListener("click", () => change({ stacked: !state.stacked }));
find("python").addEventListener("click", () => {
  find("code").textContent = python(state);
  find("copied").textContent = "";
  find("program").showModal();
});
find("copy").addEventListener("click", async () => {
  const done = await copied(find("code").textContent);
  find("copied").textContent = done ? "Copied." : "Select the text and copy it.";
});
find("link").addEventListener("click", async () => {
  history.replaceState(null, "", `#${toHash(state)}`);
  complain((await copied(location.href)) ? "Link copied." : "The link is the address of this page.");
});

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

addEventListener("hashchange", restore);
new ResizeObserver(() => redraw()).observe(find("chart"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  chart.forget();
  redraw();
});
// For the console of the browser, and for the tests.
globalThis.explorer = { curves, fromHash, plateau, powerLaw, presets, problemAt, python, risk, toHash };
restore();
