"""The problem nearest to one of the theory's that can be simulated: samples are whole."""

import equinox as eqx
import jax.numpy as jnp

from collapse_theory import Problem


def whole(problem: Problem) -> Problem:
    """The same problem, or stacked problems, with whole sample sizes n_k and a whole width.

    n_2 + ... + n_K, n_3 + ... + n_K and so on are rounded, and so is n, so that no part is more than one
    sample off and with two sources n_2 is p_2 n rounded.
    """
    counts = jnp.stack([source.n for source in problem.sources])
    tails = jnp.round(jnp.cumsum(counts[::-1], axis=0)[::-1])
    sizes = [*(tails[:-1] - tails[1:]), tails[-1]]
    problem = eqx.tree_at(lambda tree: [source.n for source in tree.sources], problem, sizes)
    if problem.width is None:
        return problem
    return eqx.tree_at(lambda tree: tree.width, problem, jnp.round(problem.width))
