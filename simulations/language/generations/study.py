"""The chains of the default run and of the quick one."""

from dataclasses import dataclass

from simulations.language.generations.chain import KINDS, Chain
from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Plan, Shape

CHAINS = (
    *map(Chain, KINDS),
    Chain("replace", verified=True),
    Chain("mix", verified=True),
    Chain("replace", temperature=0.8),
)


@dataclass(frozen=True)
class Study:
    """Chains of so many rounds after the first, n stories a round; all models are trained alike."""

    chains: tuple[Chain, ...]
    n: int
    rounds: int
    plan: Plan


DEFAULT = Study(
    CHAINS,
    n=1000,
    rounds=5,
    plan=Plan((), author=Shape(64, 1), seeds=2, steps=1000, epochs=8, recipe=Recipe()),
)


def quick() -> Study:
    """Two rounds of a small model that learns little."""
    plan = Plan((), author=Shape(16, 1), seeds=2, steps=150, epochs=8, recipe=Recipe())
    return Study((Chain("replace"), Chain("accumulate")), n=300, rounds=2, plan=plan)
