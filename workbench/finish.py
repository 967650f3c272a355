"""The end of a program: its manifest, what it made and what failed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.command import print_failures, wide_console
from workbench.manifest import write_manifest
from workbench.run import Outcome


def finish(
    outcome: Outcome,
    folder: Path,
    made: Sequence[Path],
    *,
    command: list[str],
    started: float,
    **facts: Any,
) -> int:
    """Write manifest.json, print which files were `made`; 1 if a job failed, else 0.

    - `command`, `started` as in `write_manifest`;
    - `facts`: of the manifest, beside those that an outcome has or in their place.
    """
    console = wide_console()
    known = {
        "code": outcome.rows[0].get("code") if outcome.rows else None,
        "rows": len(outcome.rows),
        "rows_reused": outcome.reused,
        "seconds": outcome.seconds,
        "failed": outcome.failed,
    }
    write_manifest(folder / "manifest.json", started, command, **known | facts)
    print_failures(console, outcome.failed)
    console.print(f"made {', '.join(map(str, made))}", soft_wrap=True)
    return 1 if outcome.failed else 0
