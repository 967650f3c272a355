"""The command line: grids, files, resumption, failures and bad input."""

import json

import jax
import numpy as np
import pytest

import collapse_theory as ct
from collapse_theory.equivalent import newton
from simulations import simulate
from simulations.sweep.__main__ import main
from simulations.sweep.grid import points
from simulations.sweep.mixture import problem
from simulations.sweep.model import built_in
from simulations.sweep.rows import RUN, inputs_of
from simulations.sweep.study import load_preset, presets
from simulations.sweep.theory import _compiled, predictions, stacked
from simulations.whole import whole
from tests.problems import parts
from workbench.records import read_csv

FIELDS = built_in().fields

SMALL = ["--d", "8", "--n", "20:60:3", "--synthetic-fraction", "0,0.25", "--seeds", "4"]


def rows_of(folder):
    return read_csv(folder / "sweep.csv")


def test_files_and_columns(tmp_path, capsys):
    assert main([*SMALL, "--out", str(tmp_path), "--format", "png,svg"]) == 0
    names = {"results.sqlite", "sweep.csv", "sweep.parquet", "sweep.png", "sweep.svg", "manifest.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    rows = rows_of(tmp_path)
    assert len(rows) == 6
    for row in rows:
        assert row["status"] == "ok"
        asked = whole(problem(**{name: row[name] for name in FIELDS}))
        assert [row["n_1"], row["n_2"]] == [int(source.n) for source in asked.sources]
        risk = ct.predict(asked)
        predicted = [row[f"predicted_{part}"] for part in ("bias", "variance", "zeta", "total")]
        np.testing.assert_allclose(predicted, [*parts(risk), float(risk.total)], rtol=1e-12)
        term = ct.finite_size(asked)
        finite = [row[f"finite_size_{part}"] for part in ("bias", "variance", "zeta", "total")]
        np.testing.assert_allclose(finite, [*parts(term), float(term.total)], rtol=1e-9, atol=1e-15)
        again = simulate(asked, seeds=4, key=row["key"])
        assert row["simulated_total"] == pytest.approx(again.mean.total, rel=1e-12)
        gap = row["simulated_total"] - predicted[3] - finite[3]
        assert row["z"] == pytest.approx(gap / row["stderr_total"])
        assert row["relative_gap"] == pytest.approx(gap / (predicted[3] + finite[3]))
        assert row["limit_gap"] == pytest.approx(row["simulated_total"] / predicted[3] - 1)
    # Shares of synthetic data have one draw for all.
    assert len({row["key"] for row in rows}) == 3
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["rows"] == 6
    assert manifest["seeds"] == 4
    assert set(manifest["versions"]) > {"jax", "numpy", "python"}
    printed = capsys.readouterr().out
    assert "worst |z|" in printed
    assert "plateau" in printed


def test_the_table_has_exactly_what_was_asked_for(tmp_path):
    """Before, two studies in one folder, or two versions of the code, left the rows of both."""
    first = [*SMALL, "--format", "png", "--out", str(tmp_path)]
    assert main(first) == 0
    whole_table = (tmp_path / "sweep.csv").read_bytes()
    assert main([*first, "--n", "40,50"]) == 0
    assert [row["n"] for row in rows_of(tmp_path)] == [40, 50, 40, 50]
    assert json.loads((tmp_path / "manifest.json").read_text())["rows_reused"] == 2
    assert main(first) == 0
    assert (tmp_path / "sweep.csv").read_bytes() == whole_table


def test_more_seeds_begin_with_the_same_draws():
    asked = whole(problem())
    rows = [inputs_of([{}], [asked], RUN | {"seeds": seeds}, "")[0] for seeds in (4, 8)]
    assert rows[0]["key"] == rows[1]["key"]


def test_a_file_gives_the_same_as_flags(tmp_path):
    study = tmp_path / "mine.toml"
    study.write_text(
        '[grid]\nd = 8\nn = "20:60:3"\nsynthetic_fraction = [0, 0.25]\n'
        "quality = 1.0\nnoise = 0.1\nridge = 1e-6\n[run]\nseeds = 4\n"
    )
    assert main(["--study", str(study), "--out", str(tmp_path / "a")]) == 0
    assert main([*SMALL, "--out", str(tmp_path / "b")]) == 0
    by_key = [
        {(row["n"], row["synthetic_fraction"]): row for row in rows_of(tmp_path / name)} for name in "ab"
    ]
    assert by_key[0] == by_key[1]


def test_a_point_too_large_fails_alone(tmp_path):
    arguments = ["--d", "8", "--n", "1e12,20", "--features", "rademacher", "--seeds", "4"]
    assert main([*arguments, "--synthetic-fraction", "0", "--out", str(tmp_path)]) == 1
    large, small = rows_of(tmp_path)
    assert large["status"].startswith("memory = 4e+09: expected at least")
    assert small["status"] == "ok"


@pytest.mark.parametrize(
    "grid",
    [
        ["--n", "20,60", "--synthetic-fraction", "0,0.25", "--width", "none,4"],
        ["--n", "20", "--width", "none,4,6"],
        ["--preset", "width", "--n", "20", "--width", "none", "--synthetic-fraction", "0.1"],
        ["--n", "20,40", "--noise", "0,0.1", "--ridge", "0.1,1", "--quality", "0,1"],
        ["--d", "6,8", "--n", "20"],
    ],
)
def test_every_shape_of_grid_is_printed_and_drawn(tmp_path, grid, capsys):
    arguments = [*grid, "--seeds", "2", "--format", "png"]
    arguments += [] if "--d" in grid else ["--d", "8"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    assert (tmp_path / "sweep.png").stat().st_size > 5000
    assert "worst |z|" in capsys.readouterr().out


def test_theory_of_similar_grids_compiles_once():
    # Shapes of its own: isotropic problems of any d have one program.
    fields = {"d": [11], "exponent": [0.5]}
    grids = [points(built_in(), fields | {"n": list(range(10, 10 + c))}) for c in (1, 13, 70)]
    before = _compiled._cache_size()
    for grid in grids:
        assert len(predictions(stacked(lambda row: problem(**row), grid))) == len(grid)
    assert _compiled._cache_size() == before + 1


def test_infinite_theory_is_no_failure(tmp_path, capsys):
    arguments = ["--d", "8", "--n", "8,20", "--ridge", "0", "--synthetic-fraction", "0", "--seeds", "4"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    threshold = rows_of(tmp_path)[0]
    assert threshold["predicted_total"] == np.inf
    assert not {"z", "limit_gap", "finite_size_total"} & set(threshold)
    assert np.isfinite(threshold["simulated_total"])
    assert "at a threshold, without a finite-size term: 1 points" in capsys.readouterr().out


def test_the_term_knows_the_law_of_the_features(tmp_path):
    """Fourth cumulants of independent entries."""
    assert main([*SMALL, "--features", "rademacher", "--out", str(tmp_path)]) == 0
    for row in rows_of(tmp_path):
        term = ct.finite_size(whole(problem(**{name: row[name] for name in FIELDS})), -2.0)
        assert row["finite_size_total"] == pytest.approx(float(term.total), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--n", "-5"], "n = -5: expected a number > 0"),
        (["--n", "0"], "n = 0: expected a number > 0"),
        (["--n", "1e2:1e6:13lag"], "n = 1e2:1e6:13lag: expected numbers, a comma-separated list"),
        (["--n", "inf"], "n = inf: expected a finite number"),
        (["--n", ""], "n = : expected numbers"),
        (["--synthetic-fraction", "0.5,1.5"], r"synthetic_fraction = 1.5: expected a number in [0, 1]"),
        (["--ridge", "nan"], "ridge = nan: expected a number >= 0, finite"),
        (["--noise", "none"], "noise = none: expected numbers"),
        (["--width", "0"], "width = 0: expected a number > 0"),
        (["--d", "0"], "d = 0: expected a whole number >= 1"),
        (["--seeds", "1"], "seeds = 1: expected a whole number >= 2"),
        (["--seeds", "many"], "argument --seeds: invalid int value: 'many'"),
        (["--key", "-1"], "key = -1: expected a whole number >= 0"),
        (["--preset", "nothing"], "preset = 'nothing': expected one of collapse, "),
        (["--study", "/no/such.toml"], "study = /no/such.toml: No such file or directory"),
        (["--preset", "width", "--study", "x"], "--preset, --study, --problem: expected one of them"),
        (["--format", "gif"], "format = gif: expected a list among png, pdf, svg"),
        (["--memory", "-1"], "memory = -1: expected a number of gigabytes > 0"),
        (["--dtype", "float16"], "dtype = 'float16': expected one of float64, float32"),
        (["--colour", "red"], "unrecognized arguments: --colour red"),
        (["--n", "1:inf:3"], "n = 1:inf:3: expected numbers"),
        (["--n", "1:9:1000000000"], "n = 1:9:1000000000: expected numbers"),
        (
            ["--n", "1:999:999", "--noise", "0:1:999"],
            "grid = 4,990,005 points: expected at most 100,000",
        ),
        (["--d", "1e12"], "d = 1000000000000: expected a whole number >= 1, at most 10,000,000"),
        (["--noise", "\n"], "noise = : expected numbers"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path, capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        main([*arguments, "--out", str(tmp_path / "new")])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[grid]\nsize = 3", "[grid] has 'size': expected one of d, exponent, n"),
        ("x = 'm'", "x has 'm': expected one of d, "),
        ("title = 'mine'", "study has 'title': expected one of description, problem"),
        ("[run]\nkey = 1.5", "key = 1.5: expected a whole number >= 0"),
        ("[run]\nmeasure = 'none'", "measure = 'none': expected one of averaged, assigned, trained"),
        ("[grid]\nn = true", "n = True: expected numbers"),
        ("[grid", "not a TOML file"),
        ("[grid]\nn = []", "n = []: expected at least one number"),
        ("grid = 3", "grid = 3: expected a section, [grid]"),
        ("x = ['n']", "x has ['n']: expected one of d, "),
        ("description = 3", "description = 3: expected text"),
        ("[run]\nmeasure = []", "measure = []: expected one of averaged, assigned, trained"),
        (f"[grid]\nn = 1{400 * '0'}", "expected numbers"),
    ],
)
def test_bad_study_files(tmp_path, capsys, text, message):
    file = tmp_path / "study.toml"
    file.write_text(text)
    with pytest.raises(SystemExit) as stopped:
        main(["--study", str(file), "--out", str(tmp_path / "new")])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_theory_of_a_mixed_grid_keeps_its_order():
    grid = points(built_in(), {"d": [5], "width": [None, 3, 7], "n": [3, 30], "exponent": [0.5]})
    totals = [each.limit.total for each in predictions(stacked(lambda row: problem(**row), grid))]
    expected = [float(ct.predict(problem(**point)).total) for point in grid]
    np.testing.assert_allclose(totals, expected, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(presets()))
def test_presets_are_sound(name):
    study = load_preset(name)
    assert len(points(study.model, study.grid)) > 4
    assert study.x in study.grid
    assert len(points(study.model, study.quick().grid)) <= 64


def test_list_names_every_preset(capsys):
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == sorted(presets())


# The last one: it forgets what the others have compiled.
def test_failed_points_are_marked_and_the_rest_completes(tmp_path, monkeypatch, capsys):
    # n = 60 > d starts from the exact solution of the isotropic ridgeless problem; n = 5 does not.
    jax.clear_caches()
    monkeypatch.setattr(newton, "MAX_STEPS", 1)
    arguments = ["--d", "8", "--n", "5,1000000", "--exponent", "2", "--ridge", "1e-9", "--seeds", "4"]
    try:
        assert main([*arguments, "--synthetic-fraction", "0", "--out", str(tmp_path)]) == 1
    finally:
        jax.clear_caches()
    bad, good = rows_of(tmp_path)
    assert good["status"] == "ok"
    assert "did not converge in 1 Newton steps" in bad["status"]
    assert "predicted_total" not in bad
    assert "simulated_total" not in bad
    assert "FAILED n = 5" in capsys.readouterr().out
    # Run again without the cause: only what failed is computed, and replaced.
    monkeypatch.undo()
    assert main([*arguments, "--synthetic-fraction", "0", "--out", str(tmp_path)]) == 0
    assert [row["status"] for row in rows_of(tmp_path)] == ["ok", "ok"]
    assert rows_of(tmp_path)[1] == good
    assert json.loads((tmp_path / "manifest.json").read_text())["rows_reused"] == 1
