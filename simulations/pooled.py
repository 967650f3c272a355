"""Samples of several rounds pooled: what least squares keeps of them, whose size does not grow."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from collapse_theory.equivalent.whiten import whiten
from simulations.rank import decompose, inflation

COLUMNS = 3  # of labels: those that signal, noise and shift make


class Normal(NamedTuple):
    """Normal equations of weighted samples: sum z z^T and, for each label column, sum z y."""

    gram: Float[Array, "q q"]
    moment: Float[Array, "q 3"]

    @classmethod
    def of(cls, Z: Float[Array, "rows q"], labels: Float[Array, "rows 3"]) -> "Normal":
        """Those of these samples."""
        return cls(Z.T @ Z, Z.T @ labels)

    def add(self, other: "Normal") -> "Normal":
        """Of both together."""
        return Normal(self.gram + other.gram, self.moment + other.moment)

    def solve(self, penalty: Float[Array, ""]) -> tuple[Float[Array, "q 3"], Float[Array, ""]]:
        """argmin |Z v - y|^2 + penalty |v|^2 for each column y, and how much it amplifies rounding."""
        A = self.gram + penalty * jnp.eye(len(self.gram), dtype=self.gram.dtype)
        triangle = whiten(A)
        return triangle.T @ (triangle @ self.moment), inflation(A, triangle)


class Triangle(NamedTuple):
    """The same of any rank: the triangle R of [Z y] = Q R, which is all that least squares keeps."""

    R: Float[Array, "rows r"]

    @classmethod
    def of(cls, Z: Float[Array, "rows q"], labels: Float[Array, "rows 3"]) -> "Triangle":
        """That of these samples."""
        samples = jnp.concatenate([Z, labels], axis=1)
        empty = jnp.zeros((samples.shape[1],) * 2, Z.dtype)
        return cls(empty).add(cls(samples))

    def add(self, other: "Triangle") -> "Triangle":
        """Of both together."""
        return Triangle(jnp.linalg.qr(jnp.concatenate([self.R, other.R]), mode="r"))

    def solve(self, penalty: Float[Array, ""]) -> tuple[Float[Array, "q 3"], Float[Array, ""]]:
        """The minimiser by singular values; of least norm without a penalty."""
        q = len(self.R) - COLUMNS
        decomposition = decompose(self.R[:, :q], 0)
        U, _, V = decomposition
        v = (V * decomposition.gains(penalty)[None]) @ (U.T @ self.R[:, q:])
        return v, jnp.ones_like(penalty)
