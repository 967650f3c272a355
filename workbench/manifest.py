"""How a result came about: command, code, versions, machine and time."""

import json
import platform
import shlex
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import jax

from workbench.compiling import compile_seconds
from workbench.files import write_text
from workbench.parsing import PROJECT

ROOT = Path(__file__).parents[1]
VERSIONS = (PROJECT, "jax", "jaxlib", "equinox", "optax", "numpy", "scipy", "sympy")


def write_manifest(path: Path, started: float, command: list[str], **facts: Any) -> None:
    """Write the circumstances of this run, and `facts`, as JSON; `started` is a `time.time()`."""
    write_json(path, circumstances(started, command) | facts)


def write_json(path: Path, content: Any) -> None:
    """Write `content` to `path` in one step."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def circumstances(started: float, command: list[str]) -> dict[str, Any]:
    """Command, time, code, versions and machine of a run that ends now."""
    device = jax.devices()[0]
    return {
        "command": shlex.join(command),
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        "wall_seconds": round(time.time() - started, 2),
        "compile_seconds": round(compile_seconds(started), 2),
        "git_commit": git_commit(),
        "versions": {"python": platform.python_version(), **_versions()},
        "device": {"platform": device.platform, "kind": device.device_kind, "count": jax.device_count()},
    }


def git_commit() -> str | None:
    """The commit of the source tree, with "+changes" if it differs; None outside a checkout.

    An installed package may lie within the checkout of another project, whose commits say nothing.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != ROOT.resolve():
            return None
        changed = git("status", "--porcelain", "--", "*.py", "*.toml")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def this_command(module: str, arguments: list[str]) -> list[str]:
    """The command line of `python -m module` with these arguments."""
    return [Path(sys.executable).name, "-m", module, *arguments]


def _versions() -> dict[str, str]:
    installed = {}
    for name in VERSIONS:
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed
