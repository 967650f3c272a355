// The picture: theory as lines, simulations as points, thresholds and plateau named.

import { thresholds } from "./curves.js";
import { drawEnds, drawMarks, drawPoints } from "./marks.js";
import { AXES } from "./state.js";
import { powerOfTen, tell } from "./text.js";

const SHOWN = 1e-4; // of the error: below it the curve of real data leaves the picture
const PEAK = 1000; // times the median: above it an infinite peak does

/**
 * A chart in `element`; `onHover(x)` is told the place under the pointer (null: none), `onChoose(x)` that of a click.
 *
 * `show(state, curves, points)` draws; `forget()` makes the next one start anew, for another size or theme.
 */
export function makeChart(element, onHover, onChoose) {
  let plot = null, kind = "", content = null;

  const show = (state, curves, points) => {
    content = { state, curves, points, ink: colours(element), range: span(state, curves, points) };
    const wanted = JSON.stringify([state.axis, state.parts, state.stacked, element.clientWidth, element.clientHeight]);
    const data = columns(state, curves);
    if (wanted !== kind) {
      plot?.destroy();
      plot = new uPlot(options(element, () => content, { onHover, onChoose }), data, element);
      kind = wanted;
    } else plot.setData(data);
  };
  const forget = () => (kind = "");
  return { show, forget };
}

/** The columns of the plot: places, real data, three parts (stacked: their sums), plateau, the error. */
function columns(state, { x, along, real, left }) {
  const drawable = (value) => (Number.isFinite(value) && (state.stacked || value > 0) ? value : null);
  const part = (name) => along.map((risk) => drawable(risk[name]));
  const parts = state.stacked
    ? [part("bias"), along.map((risk) => drawable(risk.bias + risk.variance)), part("total")]
    : ["bias", "variance", "zeta"].map(part);
  const totals = (risks) => risks.map((risk) => drawable(risk.total));
  return [x, totals(real), ...parts, totals(left), part("total")];
}

/** The vertical range: all of the error and the plateau, in steps so that it stays still under a slider. */
function span(state, { along, real, left }, points) {
  const totals = along.map((risk) => risk.total).filter((value) => Number.isFinite(value) && value > 0);
  if (!totals.length) return [0.1, 10];
  const sorted = [...totals].sort((a, b) => a - b);
  const cut = thresholds(state).some(({ infinite }) => infinite) ? PEAK * sorted[sorted.length >> 1] : Infinity;
  const most = Math.min(sorted.at(-1), cut);
  const measured = points ? points.mean.total : [];
  const bottoms = left.map((risk) => risk.total).filter((value) => value > 1e-3 * sorted[0]);
  const low = Math.min(sorted[0], ...bottoms);
  const clean = real.map((risk) => risk.total).filter((value) => value > SHOWN * low);
  const floor = Math.min(low, ...clean, ...measured), top = Math.max(most, ...measured.filter((y) => y < 2 * most));
  if (state.stacked) return [0, Number((1.2 * top).toPrecision(2))];
  const step = (value, round) => 10 ** (round(2 * Math.log10(value)) / 2);
  return [step(floor / 2, Math.floor), step(top * 1.3, Math.ceil)];
}

function options(element, content, { onHover, onChoose }) {
  const { state, ink } = content();
  const line = (label, stroke, more) => ({ label, stroke, width: 2, pxAlign: 0, points: { show: false }, ...more });
  const parts = ["bias", "variance", "zeta"];
  const shown = (part) => state.stacked || state.parts.includes(part);
  const fill = (part) => (state.stacked ? `${ink[part]}55` : undefined);
  const narrow = element.clientWidth < 560;
  const axis = {
    stroke: ink.quiet, grid: { stroke: ink.grid, width: 1, filter: decadesOnly },
    ticks: { stroke: ink.grid, width: 1, size: 5, filter: decadesOnly },
    font: `12px ${ink.font}`, labelFont: `13px ${ink.font}`, labelSize: 20, labelGap: 2,
  };
  const decades = (_, splits) => splits.map((y) => (y === null ? "" : decade(y)));
  const plain = (_, splits) => splits.map((y) => tell(y));
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [24, narrow ? 80 : 104, 0, 0],
    legend: { show: false },
    cursor: {
      y: false, points: { show: false }, drag: { x: false, y: false },
      bind: { dblclick: () => () => null },
    },
    scales: {
      x: { time: false, distr: 3, range: () => [content().state.low, content().state.high] },
      y: { distr: state.stacked ? 1 : 3, range: () => content().range },
    },
    axes: [
      { ...axis, label: AXES[state.axis], size: 30, values: decades },
      { ...axis, label: narrow ? "test error" : "excess test error (true signal = 1)", size: 50,
        ...(state.stacked ? { grid: { stroke: ink.grid, width: 1 }, ticks: { show: false } } : {}),
        values: state.stacked ? plain : decades },
    ],
    series: [
      {},
      line("real data", `${ink.real}77`, { width: 7 }),
      ...parts.map((part) => line(part, ink[part], { show: shown(part), width: state.stacked ? 1 : 2,
        fill: part === "bias" ? fill(part) : undefined })),
      line("plateau", ink.total, { width: 1.5, dash: [6, 5] }),
      line("error", ink.total, { width: 3 }),
    ],
    bands: state.stacked ? [{ series: [3, 2], fill: fill("variance") }, { series: [4, 3], fill: fill("zeta") }] : [],
    hooks: {
      drawClear: [(plot) => drawMarks(plot, content(), thresholds(content().state))],
      draw: [(plot) => drawPoints(plot, content()), (plot) => drawEnds(plot, content())],
      setCursor: [(plot) => onHover(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
      ready: [(plot) => followPointer(plot, onChoose)],
    },
  };
}

/** A label of a logarithmic axis: powers of ten, and what is between them where there are few. */
function decade(value) {
  const exponent = Math.round(Math.log10(value));
  return isPower(value) && (exponent < -2 || exponent > 3) ? powerOfTen(exponent) : tell(value);
}

/** Of the places of a logarithmic axis those of whole powers of ten, unless there are few. */
function decadesOnly(plot, splits) {
  const whole = splits.map((value) => (isPower(value) ? value : null));
  return whole.filter((value) => value !== null).length > 2 ? whole : splits;
}

function isPower(value) {
  return Math.abs(value / 10 ** Math.round(Math.log10(value)) - 1) < 1e-9;
}

/** A click, or a finger that moves on the chart, chooses a place. */
function followPointer({ over, posToVal }, onChoose) {
  const place = (event) => {
    const left = event.clientX - over.getBoundingClientRect().left;
    return left >= 0 && left <= over.clientWidth ? posToVal(left, "x") : null;
  };
  const choose = (event) => {
    const x = place(event);
    if (x !== null) onChoose(x);
  };
  const follow = (event) => {
    if (event.pointerType !== "mouse") choose(event);
  };
  over.addEventListener("click", choose);
  over.addEventListener("pointerdown", follow);
  over.addEventListener("pointermove", follow);
}

/** The colours of the page, as they are now. */
function colours(element) {
  const style = getComputedStyle(element);
  const names = ["bias", "variance", "zeta", "total", "real", "quiet", "grid", "paper"];
  const values = names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  return { ...Object.fromEntries(values), font: style.fontFamily };
}
