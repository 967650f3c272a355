"""What the module that measures a job reaches by its imports: the science, all of it, and no more."""

import subprocess
import sys

PROGRAM = """
import sys
import simulations
before = set(sys.modules)
import simulations.language.results
print(*sorted(name for name in sys.modules if name not in before and name.startswith("simulations.")))
"""
CORPUS = ("archive", "bayesian_network", "corpus", "grammar", "stories", "template", "texts")
GPT2 = ("checkpoint", "loop", "model", "sampling", "training")


def test_measuring_reaches_the_science_alone():
    """Else a change of the grammar would leave old numbers, or one of a picture compute them again."""
    run = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=300)
    reached = {name for name in done.stdout.split() if name.startswith("simulations.language.")}
    parts = {"corpus", "gpt2", *(f"corpus.{n}" for n in CORPUS), *(f"gpt2.{n}" for n in GPT2)}
    parts |= {"experiment", "machine", "plan", "results", "workshop"}
    assert reached == {f"simulations.language.{name}" for name in parts}
