"""The next order of a free energy: the Gaussian fluctuation about its stationary point."""

from collections.abc import Callable, Sequence
from functools import cache

import sympy as sp

from derivations.groundwork.free_energy_form import t


def fluctuation(
    unknowns: Sequence[sp.Symbol], phi: sp.Expr, q: sp.Expr, at: dict, reduced: Callable = sp.cancel
) -> sp.Expr:
    """d/dt d/deta (1/2) log det Hess Phi at 0, the Hessian in the logarithms of the unknowns.

    Derivatives are taken at the stationary point `at` as soon as they are formed.
    """
    places = range(len(unknowns))

    @cache
    def derivative(formula, *indices):
        if not indices:
            return formula
        *others, last = indices
        return unknowns[last] * sp.diff(derivative(formula, *others), unknowns[last])

    @cache
    def at_point(formula, *indices):
        return reduced(derivative(formula, *indices).subs(t, 0).subs(at))

    def derived(formula, *indices):
        return at_point(formula, *sorted(indices))

    phi_t, q_t = sp.diff(phi, t), sp.diff(q, t)
    H = sp.Matrix([[derived(phi, i, j) for j in places] for i in places])
    inverse = H.inv()
    x_t = -inverse * sp.Matrix([derived(phi_t, i) for i in places])
    x_eta = -inverse * sp.Matrix([derived(q, i) for i in places])

    def along(formula, *indices, directions=()):
        """The derivative at these places, contracted with the directions."""
        if not directions:
            return derived(formula, *indices)
        first, *rest = directions
        return sum(first[k] * along(formula, *indices, k, directions=rest) for k in places)

    def matrix(*terms):
        """Sums of second derivatives, each of a formula along its directions."""
        return sp.Matrix(
            [[sum(along(f, i, j, directions=v) for f, v in terms) for j in places] for i in places]
        )

    x_both = -inverse * sp.Matrix(
        [
            along(phi, i, directions=(x_t, x_eta))
            + along(q, i, directions=(x_t,))
            + along(phi_t, i, directions=(x_eta,))
            + derived(q_t, i)
            for i in places
        ]
    )
    H_t = matrix((phi, (x_t,)), (phi_t, ()))
    H_eta = matrix((phi, (x_eta,)), (q, ()))
    H_both = matrix((phi, (x_t, x_eta)), (phi, (x_both,)), (q, (x_t,)), (phi_t, (x_eta,)), (q_t, ()))
    return (inverse * H_both).trace() / 2 - (inverse * H_t * inverse * H_eta).trace() / 2
