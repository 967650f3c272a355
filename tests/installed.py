"""What an installed wheel without extras does; `make package` runs this in an empty environment.

It imports nothing of the checkout (`python -I`), and no pytest, which is not there.
"""

import re
import subprocess
import sys
import sysconfig
from importlib.metadata import files, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import collapse_theory as ct

PROJECT = "strong-model-collapse"
COMMAND = Path(sysconfig.get_path("scripts")) / "collapse-theory"
PROGRAMS = ("sweep", "mnist", "language", "forecast", "figures", "derivations")
TYPED = ("collapse_command", "collapse_theory", "derivations", "figures", "simulations", "workbench")
DATA = (
    "derivations/golden.json",
    "derivations/ledger.toml",
    "derivations/report/style.css",
    "figures/explorer/points.json",
    "figures/explorer/web/index.html",
    "figures/explorer/web/vendor/LICENSE",
    "figures/tables/mnist.csv",
    "figures/tables/mnist.json",
    "simulations/language/corpus/words.toml",
    "simulations/sweep/presets/collapse.toml",
    "workbench/house.mplstyle",
    *(f"{folder}/py.typed" for folder in TYPED),
)


def check(claim: str, truth: bool, shown: object = "") -> None:
    """Stop with the claim where it is not true."""
    if not truth:
        sys.exit(f"installed wheel: {claim}: failed {shown}")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with these arguments, as a user calls it."""
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True)


def main() -> None:
    """Contents, one point of the theory, and the command where no extra is installed."""
    check("it is not the checkout", Path(sys.prefix) in Path(ct.__file__).parents, ct.__file__)
    check("its version is the code's", version(PROJECT) == ct.__version__, version(PROJECT))
    contents = {str(file) for file in files(PROJECT) or ()}
    folders = {name.partition("/")[0] for name in contents if name.endswith(".py")}
    check("it has the packages and no other code", folders == set(TYPED), folders)
    check("it has its data", set(DATA) <= contents, set(DATA) - contents)
    pictures = {name for name in contents if name.endswith((".png", ".svg", ".md"))}
    check("it has no pictures and pages", not pictures, pictures)
    extras = [name for name in ("matplotlib", "rich", "sympy", "sklearn", "pytest") if find_spec(name)]
    check("the environment has no extra", not extras, extras)

    Sigma = np.arange(1, 51) ** -1.2
    setting = {"n": 300, "synthetic_fraction": 0.1, "noise": 0.1, "ridge": 1e-3}
    risk = ct.predict(ct.real_and_synthetic(covariance=Sigma, signal=1.0, quality=0.5, **setting))
    each = np.ones(50) / Sigma.sum()  # tr(Sigma Gamma) = 1
    paper = ct.theorem_1(Sigma, each, each / 2, n=300, p2=0.1, sigma2=0.1, lam=1e-3)
    check("predict is Theorem 1", np.allclose(risk.total, paper.total, rtol=1e-9, atol=0), (risk, paper))

    shown = run("--help")
    check("--help ends well", shown.returncode == 0, shown.stderr)
    check("--help lists the programs", all(f"\n  {name} " in shown.stdout for name in PROGRAMS), shown)
    version_line = f"collapse-theory {ct.__version__}\n"
    check("--version is the version", run("--version").stdout == version_line)
    check("an unknown program is bad input", run("sweeps").returncode == 2)
    shown = run("sweep", "--quick")
    missing = r"collapse-theory: \w+ is not installed: expected "
    missing += re.escape(f"`pip install '{PROJECT}[simulate]'` first\n")
    check("a missing extra is bad input", shown.returncode == 2, shown)
    check("a missing extra is one sentence", re.fullmatch(missing, shown.stderr) is not None, shown)
    print("installed wheel: theory, command and contents as they should be")


if __name__ == "__main__":
    main()
