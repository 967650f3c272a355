"""Any number of devices and any budget of memory: the same draws, and numbers equal to rounding."""

import os
import subprocess
import sys

import numpy as np


def test_same_numbers_whatever_the_devices():
    # Once with rows to the left and once to the right of the threshold; ten seeds fill no eight devices.
    program = (
        "import jax, numpy as np, collapse_theory as ct; from simulations import simulate\n"
        "every = jax.local_devices()\n"
        "for count in (1, 2, 8):\n"
        "    jax.local_devices = lambda: every[:count]\n"
        "    jax.clear_caches()\n"
        "    for n in (30, 6):\n"
        "        p = ct.real_and_synthetic(n=n, synthetic_fraction=0.5, quality=0.5, noise=0.1,"
        " ridge=1e-3, covariance=ct.spectra.power_law(12, 1.0), width=9)\n"
        "        mean = simulate(p, 10).mean\n"
        "        print(count, n, *map(float, (mean.bias, mean.variance, mean.zeta)))"
    )
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    lines = [line.split() for line in run.stdout.splitlines()]
    assert [int(count) for count, *_ in lines] == [1, 1, 2, 2, 8, 8]
    for n in ("30", "6"):
        alone, *shared = [np.array(numbers, dtype=float) for _, size, *numbers in lines if size == n]
        for numbers in shared:
            # XLA compiles a program for several devices otherwise than for one.
            np.testing.assert_allclose(numbers, alone, rtol=1e-12)


def test_memory_stays_within_the_budget():
    # All seeds at once would take 0.6 GB; 0.2 GB are for compiling.
    command = [sys.executable, "-m", "benchmarks.floor", "0.25e9", "100", "1000"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)
    assert 0.1 < float(run.stdout) < 0.45
