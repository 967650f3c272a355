"""How a result came about: command, code, versions, machine and time."""

import json
import platform
import shlex
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax

import collapse_theory
from simulations.table import atomic_write

CODE = ("collapse_theory", "simulations", "figures/*.py")  # git's * crosses folders


def write_manifest(path: Path, started: float, command: list[str], **facts: Any) -> None:
    """Write `facts` and the circumstances of this run as JSON; `started` is a `time.time()`."""
    device = jax.devices()[0]
    content = {
        "command": shlex.join(command),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(time.time() - started, 2),
        "git_commit": git_commit(),
        "versions": {
            "strong-model-collapse": collapse_theory.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("jax", "jaxlib", "equinox", "optax", "numpy", "scipy")},
        },
        "device": {"platform": device.platform, "kind": device.device_kind, "count": jax.device_count()},
        **facts,
    }
    atomic_write(path, lambda partial: partial.write_text(json.dumps(content, indent=2) + "\n"))


def earlier(path: Path, code: str, name: str) -> dict[str, Any]:
    """What the manifest of an earlier run of the same code, which this one resumes, has by that name."""
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):  # nothing there, or nothing that can be read
        return {}
    known = content.get(name) if isinstance(content, dict) and content.get("code") == code else None
    return known if isinstance(known, dict) else {}


def git_commit() -> str | None:
    """The commit of the source tree, with "+changes" if it differs; None outside a checkout."""
    root = Path(collapse_theory.__file__).parent.parent

    def git(*arguments: str) -> str:
        run = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)
        return run.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", *CODE)
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def this_command(module: str, arguments: list[str]) -> list[str]:
    """The command line of `python -m module` with these arguments."""
    return [Path(sys.executable).name, "-m", module, *arguments]
