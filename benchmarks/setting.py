"""One question that we and the peers are asked: the paper's two sources with isotropic features."""

from typing import NamedTuple

import collapse_theory as ct


class Setting(NamedTuple):
    """Sizes and parameters of it; `m` None is the classical model."""

    d: int
    n: int
    m: int | None
    synthetic_fraction: float = 0.2
    quality: float = 0.5
    noise: float = 0.1
    ridge: float = 1e-2

    @property
    def counts(self) -> tuple[int, int]:
        """(n_1, n_2)."""
        synthetic = round(self.synthetic_fraction * self.n)
        return self.n - synthetic, synthetic

    @property
    def problem(self) -> ct.Problem:
        """The same as a problem of ours."""
        return ct.real_and_synthetic(
            n=self.n,
            synthetic_fraction=self.synthetic_fraction,
            covariance=ct.spectra.isotropic(self.d),
            quality=self.quality,
            noise=self.noise,
            ridge=self.ridge,
            width=self.m,
        )

    def __str__(self) -> str:
        return f"d = {self.d}, n = {self.n}, m = {self.m or 'none'}"


# Of quick runs: settings of which all sample sizes share one compiled program of so many seeds.
TRIALS = [Setting(20, n, 10) for n in (20, 100, 1000)]
TRIAL_SEEDS = 64
