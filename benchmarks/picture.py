"""The benchmark's picture: seconds of each contender, sizes along the axis."""

from pathlib import Path

from benchmarks.rows import Row
from workbench.files import atomic_write
from workbench.picture import as_colour, plt  # in the house's style


def draw(rows: list[Row], path: Path) -> None:
    """One panel a section: a bar a contender, quartiles as whiskers, its ratio to ours beside it."""
    sections = list(dict.fromkeys(row.section for row in rows))
    contenders = list(dict.fromkeys(_family(row.contender) for row in rows))
    colours = {name: as_colour(number) for number, name in enumerate(contenders)}
    heights = [sum(row.section == section for row in rows) for section in sections]
    figure, axes = plt.subplots(
        len(sections),
        1,
        figsize=(7.5, 0.17 * sum(heights) + 0.7 * len(sections)),
        height_ratios=heights,
        squeeze=False,
    )
    for axis, section in zip(axes[:, 0], sections, strict=True):
        shown = [row for row in rows if row.section == section]
        for position, row in enumerate(shown):
            whiskers = [[row.seconds - row.seconds_low], [row.seconds_high - row.seconds]]
            axis.barh(position, row.seconds, xerr=whiskers, color=colours[_family(row.contender)])
            axis.annotate(f" x {row.ratio:.3g}", (row.seconds_high, position), va="center", fontsize=6)
        labels = [f"{row.size}: {row.contender}" for row in shown]
        axis.set_yticks(range(len(shown)), labels, fontsize=6)
        axis.set_xscale("log")
        axis.margins(x=0.15, y=0.01)
        axis.invert_yaxis()
        axis.set_title(section, fontsize=8)
        axis.grid(axis="y", visible=False)
    axes[-1, 0].set_xlabel("seconds; beside each bar its ratio to ours; whiskers: quartiles")
    atomic_write(path, lambda partial: figure.savefig(partial, format="png"))
    plt.close(figure)


def _family(contender: str) -> str:
    """Variants of a contender have one colour: there are fewer colours than variants."""
    return contender.split(",")[0]
