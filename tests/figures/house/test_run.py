"""What a figure script asks for: predictions, simulations at whole sizes, keys, tables."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import collapse_theory as ct
from figures.house import tables
from figures.house.arrays import CHUNK, batch, random_key
from figures.house.run import Run
from workbench.cache import Cache


def problem(n=50.0, **changes):
    settings = {"covariance": ct.spectra.isotropic(8), "quality": 0.5, "noise": 0.1, "ridge": 0.1}
    return ct.real_and_synthetic(n=n, synthetic_fraction=0.5, **(settings | changes))


@pytest.fixture
def run(tmp_path):
    return Run(Cache(tmp_path), quick=True, progress=lambda done, more: None)


def test_predictions_of_any_number_of_points(run):
    sizes = np.linspace(20, 300, CHUNK + 7)
    total = run.predict(problem, sizes).total
    assert total.shape == sizes.shape
    for i in (0, CHUNK - 1, CHUNK, CHUNK + 6):
        np.testing.assert_allclose(total[i], ct.predict(problem(sizes[i])).total, rtol=1e-12)


def test_theory_of_a_finite_size(run):
    for features, kurtosis in (("gaussian", None), ("laplace", 3.0)):
        theory, _ = run.simulate(problem, [30.0], seeds=2, features=features)
        term = ct.finite_size(problem(30.0), kurtosis)
        for part in ("bias", "variance", "zeta", "total"):
            moved = getattr(theory.finite, part)[0] - getattr(theory, part)[0]
            assert moved == pytest.approx(float(getattr(term, part)), rel=1e-9)


def test_where_there_is_no_term_the_limit_stays(run):
    theory = run.predict(lambda n: problem(n, ridge=0.0), [8.0, 30.0])  # the first at the threshold
    assert theory.total[0] == theory.finite.total[0] == np.inf
    assert theory.finite.total[1] > theory.total[1]


def test_simulations_are_at_whole_sizes_and_independent(run):
    theory, simulated = run.simulate(problem, [20.4, 21.0], seeds=8)
    np.testing.assert_allclose(theory.total[0], ct.predict(problem(20.0)).total, rtol=1e-12)
    again = run.simulate(problem, [20.4], seeds=8)[1]
    assert again.mean.total[0] == simulated.mean.total[0] != simulated.mean.total[1]
    assert (simulated.stderr.zeta > 0).all()


def test_any_function_of_a_question(run):
    parts = run.evaluate(ct.zeta_by_source, problem, [30.0, 60.0])
    assert parts.shape == (2, 2)
    np.testing.assert_allclose(parts.sum(axis=1), run.predict(problem, [30.0, 60.0]).zeta, rtol=1e-9)


def test_a_function_without_a_fingerprint_is_refused(run):
    with pytest.raises(ValueError, match=r"code = tests\.figures\.house\.test_run: expected a module"):
        run.evaluate(problem_size, problem, [30.0])


def problem_size(question):
    return question.sources[0].n


def test_batches_are_problems():
    problems = batch(problem, [10.0, 20.0, 30.0])
    assert problems.sources[0].n.shape == (3,)
    assert problems.sources[0].covariance.shape == (3, 8)


def test_keys_are_63_bits_of_the_content():
    changed = (problem(51.0), problem(width=5), problem(noise=0.2), problem(quality=0.4))
    keys = [random_key(each) for each in (problem(), *changed)]
    assert len(set(keys)) == len(keys)
    assert random_key(problem()) == keys[0]
    many = [random_key(problem(float(n))) for n in range(2, 66)]
    assert max(many) < 2**63
    assert sum(key > 2**62 for key in many) in range(16, 49)  # the highest bit counts: 5 s.d.


def test_keys_do_not_depend_on_last_digits():
    """Those of a power differ between processors, and with XLA's optimisations."""
    exact = problem(covariance=jnp.arange(1.0, 9.0) ** -1.1)
    rounded = jax.tree.map(lambda leaf: jnp.nextafter(leaf, jnp.inf), exact)
    assert random_key(rounded) == random_key(exact)


def test_tables_are_typed_and_their_code_is_noted(run):
    rows = run.table("mnist", "width")
    assert rows
    assert {row["study"] for row in rows} == {"width"}
    assert all(isinstance(row["error"], float) and isinstance(row["n"], int) for row in rows)
    assert any(row["generator_samples"] is None for row in rows)  # clean data have no generator
    assert run.tables == {"mnist": rows[0]["code"]}


def test_refresh_takes_the_rows_of_a_run(tmp_path, monkeypatch):
    asked = []

    @dataclasses.dataclass
    class Outcome:
        rows: list
        failed: dict

    def computed(folder, *, quick):
        asked.append((folder, quick))
        return Outcome([{"study": "width", "code": "b"}, {"study": "scaling", "code": "a"}], {})

    class Program:
        run = staticmethod(computed)

    tables.computed.cache_clear()
    monkeypatch.setattr(tables.importlib, "import_module", {"simulations.mnist.run": Program}.get)
    runs = [Run(Cache(tmp_path, refresh=True), True, lambda done, more: None) for _ in range(2)]
    assert [run.table("mnist", "width") for run in runs] == [[{"study": "width", "code": "b"}]] * 2
    assert asked == [(tmp_path / "mnist-quick", True)]  # one run for all figures
    assert runs[0].tables == {"mnist": "a b"}
    tables.computed.cache_clear()
