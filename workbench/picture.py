"""A picture that remembers what is drawn in it: the arrays are saved with it, and reported on."""

import csv
import io
import textwrap
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.ticker import LogLocator, NullFormatter

from workbench.files import atomic_write, write_text
from workbench.style import HOUSE

plt.rcParams.update(HOUSE)
MARKERS = "os^Dv<>P"
COLUMNS = ["panel", "curve", "kind", "x", "y", "stderr", "theory", "limit"]
COLUMNS += ["x_stderr", "x_theory"]  # where x is measured, too
# A curve of finite size is drawn if it is somewhere so far, as a part of its limit, that it is seen.  It
# ends where it is believed no more: a term so large neglects others as large.
VISIBLE, BELIEVED = 0.1, 0.5
FINITE = "finite size"
CAPTION_WIDTH = 18  # characters per inch of its type


class Picture:
    """Panels side by side, one legend, one caption; on the same axes unless x or y is a list.

    Of a list of y labels an empty one stands for the axis of the panel to its left.

    `panels` are their titles; `caption` says what the axes do not: parameters, units, what the points
    are.  Sizes are for print: 3.4 inches a panel, the width of a column, or less for three and more.
    """

    def __init__(
        self,
        panels: list[str],
        x: str | list[str],
        y: str | list[str],
        *,
        scales: tuple[str, str] = ("log", "log"),
        rows: int = 1,
        legend: str = "",
    ):
        columns = -(-len(panels) // rows)
        width = 4.4 if columns == 1 else 3.4 * columns if columns == 2 else 2.6 * columns
        self.figure, axes = plt.subplots(
            rows,
            columns,
            figsize=(width, 2.9 * rows),
            sharex=isinstance(x, str),
            sharey=isinstance(y, str),
            squeeze=False,
        )
        self.panels = [Panel(axis, title) for axis, title in zip(axes.flat, panels, strict=True)]
        for index, panel in enumerate(self.panels):
            panel.axes.set(xscale=scales[0], yscale=scales[1], title=panel.title)
            if isinstance(x, list) or index >= len(panels) - columns:
                panel.axes.set_xlabel(x if isinstance(x, str) else x[index])
            if isinstance(y, list) or index % columns == 0:
                panel.axes.set_ylabel(y if isinstance(y, str) else y[index])
            if isinstance(y, list) and not y[index]:
                panel.axes.sharey(axes.flat[index - 1])
        self.legend, self.caption = legend, ""
        self.place: dict[str, Any] | None = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)}

    def save(self, folder: Path, name: str, formats: list[str]) -> list[Path]:
        """Write the arrays as `name`.csv, then the picture in each format."""
        arrays = folder / f"{name}.csv"
        write_text(arrays, as_csv([row for panel in self.panels for row in panel.rows]))
        return [arrays, *self.save_pictures(folder, name, formats)]

    def save_pictures(self, folder: Path, name: str, formats: list[str]) -> list[Path]:
        """Write the picture in each format."""
        self._add_legend()
        for panel in self.panels:
            _few_decades(panel.axes)
        caption = self.caption
        if any(row["kind"] == FINITE for panel in self.panels for row in panel.rows):
            caption += (
                f" Dash-dotted: theory at this size, where it is over {VISIBLE:.0%} from its limit."
            )
        wrapped = textwrap.fill(caption, int(CAPTION_WIDTH * self.figure.get_figwidth()))
        self.figure.text(0.01, -0.02, wrapped, va="top", fontsize="small")
        paths = [folder / f"{name}.{suffix}" for suffix in formats]
        for suffix, path in zip(formats, paths, strict=True):
            # Without dates and versions the same picture is the same file.
            metadata = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
            options: dict[str, Any] = {"format": suffix, "metadata": metadata[suffix]}
            atomic_write(path, lambda file, options=options: self.figure.savefig(file, **options))  # type: ignore[misc]
        plt.close(self.figure)
        return paths

    def _add_legend(self) -> None:
        """One legend at `place` of the last panel, beside it if not told; or one in every panel.

        A curve's line and points are one entry.
        """
        if self.place is None:
            for panel in self.panels:
                _legend(panel.axes, panel.drawn)
            return
        drawn: dict[str, list[Any]] = {}
        for panel in self.panels:
            for label, artists in panel.drawn.items():
                drawn.setdefault(label, artists)
        _legend(self.panels[-1].axes, drawn, title=self.legend, **self.place)


class Panel:
    """One set of axes: lines are theory, points are simulations, guides are neither."""

    def __init__(self, axes: Any, title: str):
        self.axes, self.title = axes, title
        self.rows: list[dict[str, Any]] = []
        self.drawn: dict[str, list[Any]] = {}  # artists of each labelled curve

    def line(
        self, x: Any, y: Any, label: str = "", colour: Any = 0, *, finite: Any = None, **style: Any
    ) -> None:
        """A theoretical curve, a limit; dash-dotted, where it is seen, the same of `finite` size.

        A value without a neighbour, which no line would show, is a dash.
        """
        y = np.where(np.isfinite(y), y, np.nan)
        known = np.pad(np.isfinite(np.ravel(y)), 1)
        alone = known[1:-1] & ~known[:-2] & ~known[2:]
        if alone.any():
            style = {"marker": "_", "markersize": 12, "markevery": alone} | style
        self._name(label, *self.axes.plot(x, y, color=as_colour(colour), **style))
        self._record("theory", label, x=x, y=y)
        if finite is None:
            return
        moved, size = np.abs(finite - y), np.abs(y)  # the limit may be 0
        if (moved > VISIBLE * size).any():
            near = np.where(moved < BELIEVED * size, finite, np.nan)
            self.axes.plot(x, near, color=as_colour(colour), linestyle="-.", linewidth=0.9)
            self._record(FINITE, label, x=x, y=near)

    def points(
        self,
        x: Any,
        y: Any,
        stderr: Any,
        theory: Any = None,
        limit: Any = None,
        label: str = "",
        colour: Any = 0,
        *,
        x_stderr: Any = None,
        x_theory: Any = None,
        **style: Any,
    ) -> None:
        """Simulated means with standard errors.

        For the report: `theory` at the same points, and its `limit` where it knows a finite size.
        """
        marker = MARKERS[colour % len(MARKERS)] if isinstance(colour, int) else "o"
        style = {"fmt": marker, "color": as_colour(colour), "linestyle": "none"} | style
        self._name(label, self.axes.errorbar(x, y, yerr=stderr, xerr=x_stderr, **style))
        columns = {"x": x, "y": y, "stderr": stderr}
        if theory is not None:
            columns |= {"theory": theory} | ({} if limit is None else {"limit": limit})
        if x_theory is not None:
            columns |= {"x_stderr": x_stderr, "x_theory": x_theory}
        self._record("simulation", label, **columns)

    def guide(self, x: Any, y: Any, label: str = "", **style: Any) -> None:
        """A reference that is not the theory of a simulated quantity: a limit, a slope, a bound."""
        style = {"color": "0.35", "linestyle": "--", "linewidth": 0.8} | style
        self._name(label, *self.axes.plot(x, y, **style))
        self._record("guide", label, x=x, y=y)

    def level(self, y: float, label: str = "", **style: Any) -> None:
        """A horizontal guide across the panel."""
        style = {"color": "0.35", "linestyle": ":", "linewidth": 0.9} | style
        self._name(label, self.axes.axhline(y, **style))
        self._record("guide", label, x=[np.nan], y=[y])

    def field(self, x: Any, y: Any, values: Any, label: str = "", **style: Any) -> Any:
        """A map: `values` (len(y), len(x)) as colours; saved with the values as theory."""
        mesh = self.axes.pcolormesh(x, y, values, shading="nearest", rasterized=True, **style)
        columns, rows = np.meshgrid(x, y)
        self._record("field", label, x=columns.ravel(), y=rows.ravel(), theory=np.ravel(values))
        return mesh

    def _name(self, label: str, artist: Any) -> None:
        if label:
            self.drawn.setdefault(label, []).append(artist)

    def _record(self, kind: str, curve: str, **arrays: Any) -> None:
        names = list(arrays)
        for values in zip(*(np.atleast_1d(arrays[name]) for name in names), strict=True):
            row = {"panel": self.title, "curve": curve, "kind": kind}
            self.rows.append(row | dict(zip(names, values, strict=True)))


def _legend(axes: Any, drawn: dict[str, list[Any]], **place: Any) -> None:
    if drawn:
        axes.legend([tuple(artists) for artists in drawn.values()], drawn.keys(), **place)


def _few_decades(axes: Any) -> None:
    """Plain numbers on logarithmic axes that are too short for powers of ten."""
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        decades = np.log10(limits[1] / limits[0]) if axis.get_scale() == "log" else np.inf
        if decades < 2:
            subs = (1, 2, 5) if decades > 0.8 else (0.7, 1, 1.5, 2, 3, 5)
            axis.set_major_locator(LogLocator(subs=subs))
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter(NullFormatter())


def as_colour(colour: Any) -> Any:
    """The house's colour of this number; anything else is a colour already."""
    return f"C{colour % 8}" if isinstance(colour, int) else colour


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV text, seven digits a number."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: v if isinstance(v, str) else f"{v:.7g}" for k, v in row.items()})
    return buffer.getvalue()


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows that `Picture.save` wrote."""
    with open(path, newline="") as file:
        return list(csv.DictReader(file))
