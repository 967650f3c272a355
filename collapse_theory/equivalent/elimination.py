"""Small linear systems, written out: LAPACK, called for each of many, would take most of the time."""

import jax.numpy as jnp
from jaxtyping import Array, Inexact


def eliminate(
    matrix: Inexact[Array, "k k *batch"], right: Inexact[Array, "k *columns"]
) -> Inexact[Array, "k *columns"]:
    """x with matrix x = right, elementwise over the batch, by elimination without pivots.

    Columns end with the axes of the batch.

    For matrices of which elimination in any order is stable: Hessians of convex functions up to scales
    of rows and sums of columns, M-matrices, and these at complex ridges.
    """
    unknowns = len(matrix)
    more = (1,) * (right.ndim + 1 - matrix.ndim)
    matrix = matrix.reshape(unknowns, unknowns, *more, *matrix.shape[2:])
    rows = [[matrix[j, k] for k in range(unknowns)] for j in range(unknowns)]
    x = list(right)
    for k in range(unknowns):
        for j in range(k + 1, unknowns):
            factor = rows[j][k] / rows[k][k]
            rows[j] = [entry - factor * pivot for entry, pivot in zip(rows[j], rows[k], strict=True)]
            x[j] = x[j] - factor * x[k]
    for k in reversed(range(unknowns)):
        for j in range(k + 1, unknowns):
            x[k] = x[k] - rows[k][j] * x[j]
        x[k] = x[k] / rows[k][k]
    return jnp.stack(x)
