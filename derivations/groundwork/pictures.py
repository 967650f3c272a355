"""Pictures of derivations: one look, and files that are the same at every run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from workbench.style import HOUSE

STYLE: dict[Any, Any] = {
    **HOUSE,
    "svg.fonttype": "path",
    "svg.hashsalt": "derivations",  # otherwise the ids in the file are random
}


@contextmanager
def picture(
    path: Path, x: str, y: str, *, scales: tuple[str, str] = ("log", "log"), beside: bool = False
) -> Iterator[Axes]:
    """Axes to draw on, labelled and scaled; saved to the path, with their legend, when done.

    `beside` puts the legend outside, where curves are everywhere.
    """
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 3.2))
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.set(xlabel=x, ylabel=y, xscale=scales[0], yscale=scales[1])
        yield axes
        if axes.get_legend_handles_labels()[1]:
            axes.legend(**({"loc": "center left", "bbox_to_anchor": (1, 0.5)} if beside else {}))
        kind = "png" if path.suffix == ".png" else "svg"
        figure.savefig(path, format=kind, metadata={"Date": None} if kind == "svg" else {})
