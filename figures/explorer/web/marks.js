// What is drawn onto the chart besides its lines: thresholds, simulated points, the names of the curves.

import { risk } from "./theory.js";
import { problemAt } from "./curves.js";

const NAMES = ["real data", "bias", "variance", "collapse ζ", "plateau", "error"];
const KEYS = ["real", "bias", "variance", "zeta", "total", "total"];
const APART = 15; // between names, in CSS pixels

/** Vertical lines at thresholds, named above, and the place that the sliders say. */
export function drawMarks(plot, { state, ink }, marks) {
  const { ctx, bbox } = plot, pixel = uPlot.pxRatio;
  ctx.save();
  ctx.font = `${12 * pixel}px ${ink.font}`;
  ctx.textBaseline = "bottom";
  const top = bbox.top - 5 * pixel;
  let end = -Infinity;
  for (const { x, name, infinite } of [...marks].sort((a, b) => a.x - b.x)) {
    const at = plot.valToPos(x, "x", true);
    vertical(plot, at, ink.quiet, [2 * pixel, 4 * pixel]);
    const text = infinite ? `${name}: infinite` : name;
    const half = ctx.measureText(text).width / 2;
    const centre = Math.max(Math.min(at, bbox.left + bbox.width - half), end + half + 8 * pixel, bbox.left + half);
    ctx.fillStyle = ink.quiet;
    ctx.textAlign = "center";
    ctx.fillText(text, centre, top);
    end = centre + half;
  }
  const x = state[state.axis];
  if (x >= state.low && x <= state.high) {
    vertical(plot, plot.valToPos(x, "x", true), ink.real, []);
    const here = risk(problemAt(state)).total;
    if (Number.isFinite(here)) dot(ctx, plot.valToPos(x, "x", true), plot.valToPos(here, "y", true), 5 * pixel, ink.total);
  }
  ctx.restore();
}

function vertical({ ctx, bbox }, at, colour, dash) {
  ctx.strokeStyle = colour;
  ctx.lineWidth = uPlot.pxRatio;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(at, bbox.top);
  ctx.lineTo(at, bbox.top + bbox.height);
  ctx.stroke();
  ctx.setLineDash([]);
}

function dot(ctx, x, y, radius, colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

/** Simulated means and, where they are longer than the points, bars of one standard error. */
export function drawPoints(plot, { state, points, ink, range }) {
  if (!points) return;
  const { ctx, bbox } = plot, pixel = uPlot.pxRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  const parts = state.stacked ? ["total"] : [...state.parts, "total"];
  for (const part of parts)
    points.x.forEach((x, i) => {
      const mean = points.mean[part][i], bar = points.stderr[part][i];
      if (!(mean > 0)) return;
      const lowest = Math.max(mean - bar, range[0] / 10);
      const [at, middle, low, high] = [
        plot.valToPos(x, "x", true), plot.valToPos(mean, "y", true),
        plot.valToPos(lowest, "y", true), plot.valToPos(mean + bar, "y", true)];
      ctx.strokeStyle = ink[part];
      ctx.lineWidth = 1.5 * pixel;
      ctx.beginPath();
      ctx.moveTo(at, low);
      ctx.lineTo(at, high);
      ctx.stroke();
      dot(ctx, at, middle, 4.5 * pixel, ink.paper);
      dot(ctx, at, middle, 3.2 * pixel, ink[part]);
    });
  ctx.restore();
}

/**
 * The names of the curves: at the right where they end there, moved apart where they would overlap; inside the
 * picture, left of its last point, where a curve leaves it below.
 */
export function drawEnds(plot, { state, ink }) {
  const { ctx, bbox } = plot, pixel = uPlot.pxRatio;
  const right = bbox.left + bbox.width, bottom = bbox.top + bbox.height;
  const outside = [], inside = [];
  plot.series.slice(1).forEach((series, k) => {
    if (!series.show) return;
    const end = lastShown(plot, k + 1);
    if (!end) return;
    // Stacked, the name of a part stands in the middle of its band.
    const lower = state.stacked && k > 0 && k < 4 ? (k > 1 ? plot.data[k][end.index] ?? 0 : 0) : null;
    const y = lower === null ? end.y : (end.y + plot.valToPos(lower, "y", true)) / 2;
    const name = { x: end.x, y, text: NAMES[k], colour: ink[KEYS[k]], bold: k === 5 };
    (end.x > right - 3 * pixel ? outside : inside).push(name);
  });
  outside.sort((a, b) => a.y - b.y);
  const apart = APART * pixel;
  for (let i = 1; i < outside.length; i++) outside[i].y = Math.max(outside[i].y, outside[i - 1].y + apart);
  for (let i = outside.length - 1, limit = bottom; i >= 0; limit = outside[i--].y - apart)
    outside[i].y = Math.min(outside[i].y, limit);
  for (const name of outside) name.x = right + 8 * pixel;
  ctx.font = `500 ${12 * pixel}px ${ink.font}`;
  for (const [i, name] of inside.entries()) {
    const close = inside.slice(0, i).filter((other) => Math.abs(other.end - name.x) < 100 * pixel).length;
    name.end = name.x;
    name.y = Math.min(name.y, bottom) - (9 + APART * close) * pixel;
    name.x -= ctx.measureText(name.text).width + (46 + 46 * close) * pixel;
  }
  ctx.save();
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  for (const { x, y, text, colour, bold } of [...outside, ...inside]) {
    ctx.font = `${bold ? 600 : 500} ${12 * pixel}px ${ink.font}`;
    dot(ctx, x, y, 3 * pixel, colour);
    ctx.fillStyle = ink.total;
    ctx.fillText(text, x + 7 * pixel, y);
  }
  ctx.restore();
}

/** The last point of a curve in the picture, in canvas pixels; undefined where there is none. */
function lastShown(plot, column) {
  const { bbox } = plot, values = plot.data[column];
  for (let index = values.length - 1; index >= 0; index--) {
    if (values[index] === null) continue;
    const y = plot.valToPos(values[index], "y", true);
    if (y >= bbox.top - 1 && y <= bbox.top + bbox.height + 1)
      return { index, x: plot.valToPos(plot.data[0][index], "x", true), y };
  }
}
