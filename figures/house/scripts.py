"""The figures by name: the docstring of a script says what it shows, its function `draw` how."""

import ast
import importlib
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).parents[1]
NAMES = (
    "pareto",
    "strong_collapse",
    "power_law",
    "ridgeless",
    "width",
    "width_by_n",
    "mixture",
    "break_even",
    "decomposition",
    "weighting",
    "iterative_mixing",
    "generations",
    "covariate_shift",
    "finite_size",
    "nonlinear",
    "design",
    "early_stopping",
    "self_distillation",
    "curriculum",
    "fine_tuning",
    "remedies",
    "verification",
    "forecast",
    "mnist_scaling",
    "mnist_width",
    "mnist_theory",
    "language_scaling",
    "language_size",
    "language_filter",
    "language_generations",
    "language_theory",
    "language_frozen",
)


def script(name: str) -> ModuleType:
    """The script of a figure."""
    return importlib.import_module(f"figures.{name}")


def sentence(name: str) -> str:
    """What a figure shows: the first paragraph of its script's docstring."""
    source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    return " ".join((ast.get_docstring(ast.parse(source)) or "").split("\n\n")[0].split())
