"""Small images that tests share: scikit-learn's digits, labelled by a good and a poor generator."""

from functools import cache

from simulations.mnist.data import digits
from simulations.mnist.generator import Generator
from simulations.mnist.mix import CLEAN, Mix
from simulations.mnist.task import Task, make_task

GOOD, POOR = Generator(200), Generator(50, 0.1)
MIXES = [CLEAN, Mix(0.3, GOOD), Mix(1.0, POOR)]


@cache
def digits_task() -> Task:
    """The task on the digits, key 0."""
    return make_task(digits(), [GOOD, POOR], key=0)
