"""Figures drawn into a folder: each with its arrays and its entry in the manifest, then the page."""

import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from figures.house.gallery import drawn, write_page
from figures.house.manifest import add_entry, code_of, entries
from figures.house.run import Run
from figures.house.scripts import NAMES, script
from workbench.cache import Cache
from workbench.files import make_folder
from workbench.manifest import circumstances

CACHE = Path("results/cache")


def draw(
    folder: Path,
    names: Iterable[str] = NAMES,
    *,
    quick: bool = False,
    formats: Iterable[str] = ("png", "pdf"),
    cache: Path = CACHE,
    refresh: bool = False,
    command: Iterable[str] = (),
) -> dict[str, str]:
    """Draw figures, and write the page of all that are in the folder; why some could not be drawn.

    `cache` is the folder of what was computed before, `refresh` computes it again, `command` is for the
    manifest.  Raises ValueError for folders that cannot be used.
    """
    make_folder(folder)
    entries(folder)  # before hours of work: that there is nothing else
    memory, failed = Cache(cache, refresh), {}
    with _points_bar() as bar:
        for name in names:
            shown = bar.add_task(name, total=0)

            def progress(done: int, more: int, shown: TaskID = shown) -> None:
                bar.update(shown, advance=done, total=(bar.tasks[shown].total or 0) + more)

            started = time.time()
            run = Run(memory, quick, progress)
            try:
                script(name).draw(run).save(folder, name, list(formats))
            except Exception as error:  # one figure must not cost the others
                traceback.print_exc()
                failed[name] = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            else:
                facts = {"code": code_of(name), "quick": quick, "tables": run.tables}
                add_entry(folder, name, circumstances(started, list(command)) | facts)
            bar.stop_task(shown)
    if drawn(folder):
        write_page(folder)
    return failed


def _points_bar() -> Progress:
    """A bar a figure on stderr: how many of its simulated points are done."""
    return Progress(
        TextColumn("{task.description:16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("points"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
