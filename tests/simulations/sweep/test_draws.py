"""Which problems share a simulation: those that differ in what the risk is linear in, and no others."""

import hashlib
import zlib

import numpy as np
import pytest

import collapse_theory as ct
from simulations import simulate
from simulations.sweep.__main__ import main
from simulations.sweep.draws import groups, identity, random_key
from simulations.sweep.mixture import problem
from simulations.sweep.theory import stacked, unstacked
from simulations.whole import whole
from tests.problems import parts
from workbench.records import read_csv


def mixture(**fields):
    return whole(problem(**({"d": 6, "n": 20} | fields)))


def test_points_that_collided_in_crc32_have_simulations_of_their_own(tmp_path):
    """Their inputs' crc32 is equal: one job served both, and 0.0054 was reported where 0.504 was due."""
    arguments = ["--n", "25763,35445", "--width", "none,50", "--synthetic-fraction", "0.1"]
    arguments += ["--quality", "0.5", "--seeds", "4", "--format", "png", "--out", str(tmp_path)]
    assert main(arguments) == 0
    rows = read_csv(tmp_path / "sweep.csv")
    assert len({row["key"] for row in rows}) == 4
    assert max(abs(row["relative_gap"]) for row in rows) < 0.1


def test_keys_are_63_bits_of_a_cryptographic_hash():
    content = b"settings\n" + identity(mixture(), measure="averaged")
    expected = int.from_bytes(hashlib.sha256(content).digest()[:8], "big") >> 1
    assert random_key(mixture(), "averaged", "settings") == expected < 2**63
    points = [{"d": 6, "n": n} for n in range(10, 2000)]
    problems = unstacked(stacked(lambda point: whole(problem(**point)), points))
    keys = {random_key(each, "averaged", "") for each in problems}
    assert len(keys) == 1990
    assert max(keys) > 2**60
    assert expected != zlib.crc32(content)


@pytest.mark.parametrize(
    ("changes", "together"),
    [
        ({"quality": 0.1}, True),
        ({"quality": 0.0}, True),
        ({"noise": 3.0, "signal": 0.2}, True),
        ({"noise": 0.0}, True),
        ({"ridge": 0.3}, True),
        ({"n": 21}, False),
        ({"synthetic_fraction": 0.5}, True),
        ({"synthetic_fraction": 0.0, "quality": 0.0}, True),
        ({"synthetic_fraction": 0.5, "n": 21}, False),
        ({"weight": 2.0}, False),
        ({"width": 4}, False),
        ({"exponent": 0.5}, False),
        ({"d": 7}, False),
    ],
)
def test_what_shares_a_draw(changes, together):
    for pair in ([mixture(), mixture(**changes)], [mixture(**changes), mixture()]):
        assert len(groups(pair, measure="averaged")) == (1 if together else 2)
        assert len({random_key(each, "averaged", "") for each in pair}) == (1 if together else 2)


def test_one_draw_for_every_share_of_synthetic_data(tmp_path):
    """The rows of a share are those of a sweep of it alone, which `simulate` gives again."""
    arguments = ["--d", "6", "--n", "20", "--quality", "0.5", "--seeds", "8", "--format", "png"]
    folders = {text: tmp_path / text for text in ("0,0.1,0.5,1", "0.5")}
    for fractions, folder in folders.items():
        main([*arguments, "--synthetic-fraction", fractions, "--out", str(folder)])
    together, (alone,) = (read_csv(folder / "sweep.csv") for folder in folders.values())
    assert len({row["key"] for row in together}) == 1
    assert {**together[2], "seconds": 0} == {**alone, "seconds": 0}
    again = simulate(mixture(synthetic_fraction=0.5), 8, key=alone["key"])
    numbers = [alone[f"simulated_{part}"] for part in ("bias", "variance", "zeta")]
    np.testing.assert_allclose(parts(again.mean), numbers, rtol=1e-12)


def test_rows_of_sources_that_are_not_alike_or_are_assigned_have_draws_of_their_own():
    shares = [mixture(synthetic_fraction=0.5), mixture(synthetic_fraction=0.25)]
    assert len(groups(shares, measure="assigned")) == 2
    weighted = [mixture(synthetic_fraction=p, weight=2.0) for p in (0.5, 0.25)]
    assert len(groups(weighted, measure="averaged")) == 2


def test_single_trained_models_share_ridges_only():
    alike = [mixture(), mixture(ridge=0.3)]
    assert len(groups(alike, measure="trained")) == 1
    assert len(groups([mixture(), mixture(noise=3.0)], measure="trained")) == 2


def test_correlated_labels_share_ridges_only():
    def correlated(scale, ridge):
        sources = tuple(ct.Source(10, np.ones(4), 0.1) for _ in range(2))
        moments = scale * np.stack([[np.ones(4), np.ones(4)], [np.ones(4), 2 * np.ones(4)]])
        return ct.Problem(sources, signal=None, ridge=ridge, moments=moments)

    assert len(groups([correlated(1, 0.1), correlated(1, 0.2)], measure="averaged")) == 1
    assert len(groups([correlated(1, 0.1), correlated(2, 0.1)], measure="averaged")) == 2


def three(noises, shifts, signal):
    spectra = (np.linspace(1, 2, 5), np.linspace(2, 1, 5), np.ones(5))
    sources = [
        ct.Source(10, s, noise, shift)
        for s, noise, shift in zip(spectra, noises, (0.0, *shifts), strict=True)
    ]
    return ct.Problem(tuple(sources), signal=signal, ridge=0.1)


def test_directions_matter_where_there_are_several_sources():
    first = three([0.1, 0.2, 0.3], [0.5, np.arange(5.0)], np.arange(1.0, 6))
    double = three([0.2, 0.4, 0.6], [1.5, 3 * np.arange(5.0)], 2 * np.arange(1.0, 6))
    other = three([0.1, 0.2, 0.3], [1.0, np.arange(5.0)], np.arange(1.0, 6))
    (both, apart) = groups([first, double, other], measure="averaged")
    assert both.places == [0, 1]
    assert apart.places == [2]
    ratios = [both.factors[1][name] / both.factors[0][name] for name in ("signal", "noise", "shift")]
    np.testing.assert_allclose(ratios, [2, 2, 3], rtol=1e-15)


def test_a_member_of_a_group_is_simulated_as_if_alone():
    problems = [three([0.1, 0.2, 0.3], [0.5, np.arange(5.0)], np.arange(1.0, 6)), mixture(noise=0.0)]
    for each in problems:
        (group,) = groups([each], measure="averaged")
        alone = simulate(each, seeds=8).mean
        shared = parts(simulate(group.reference, seeds=8).mean)
        factors = [group.factors[0][name] for name in ("signal", "noise", "shift")]
        np.testing.assert_allclose(shared * factors, parts(alone), rtol=1e-12)
