"""A user's problem in a sweep: its fields, its errors, and the examples."""

from pathlib import Path

import numpy as np
import pytest

import collapse_theory as ct
from simulations.sweep.__main__ import main
from simulations.sweep.fields import REQUIRED, Field
from simulations.sweep.model import built_in, load_model
from simulations.sweep.theory import predictions, stacked
from simulations.whole import whole
from workbench.records import read_csv

EXAMPLES = Path(__file__).parents[3] / "simulations" / "sweep" / "examples"

MINE = '''
"""Mine."""
import numpy as np
import collapse_theory as ct

def problem(n, quality_b=0.5, width=None, decay: int = 1, share=0.25):
    """Two generators.

    - `n`: samples in all
    - `quality_b`: c^2 of the second one
    """
    spectrum = np.arange(1.0, 13) ** -float(decay)
    return ct.Problem(
        (ct.Source(n / 2, spectrum, 0.1), ct.Source(n * share, spectrum, 0.1, 0.2),
         ct.Source(n * (0.5 - share), spectrum, 0.2, quality_b)),
        signal=1.0, ridge=1e-3, width=width)
'''


@pytest.fixture
def mine(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(MINE)
    return file


def test_fields_are_the_arguments(mine):
    model = load_model(str(mine))
    assert model.description == "Two generators"
    assert list(model.fields.values()) == [
        Field("n", REQUIRED, True, False, "samples in all"),
        Field("quality_b", 0.5, False, False, "c^2 of the second one"),
        Field("width", None, True, True, ""),
        Field("decay", 1, True, False, ""),
        Field("share", 0.25, False, False, ""),
    ]


def test_the_built_in_mixture_is_such_a_function():
    fields = built_in().fields
    assert list(fields)[:3] == ["d", "exponent", "n"]
    assert fields["width"].optional
    assert fields["d"].whole
    assert not fields["ridge"].whole
    assert all(field.help for field in fields.values())


def test_table_picture_and_resume_of_three_sources(mine, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ["--problem", str(mine), "--n", "30,61", "--quality_b", "0.1,0.5", "--seeds", "4"]
    arguments += ["--width", "none,5", "--format", "png", "--out", str(out)]
    assert main(arguments) == 0
    rows = read_csv(out / "sweep.csv")
    assert len(rows) == 8
    assert [row["n_1"] + row["n_2"] + row["n_3"] for row in rows] == [row["n"] for row in rows]
    model = load_model(str(mine))
    for row in rows:
        expected = ct.predict(whole(model({name: row[name] for name in model.fields}))).total
        assert row["predicted_total"] == pytest.approx(float(expected), rel=1e-12)
        assert abs(row["z"]) < 6
    assert (out / "sweep.png").stat().st_size > 5000
    assert "plateau" in capsys.readouterr().out
    before = (out / "sweep.csv").read_bytes()
    assert main(arguments) == 0
    assert (out / "sweep.csv").read_bytes() == before
    assert '"rows_reused": 8' in (out / "manifest.json").read_text()
    mine.write_text(MINE.replace("0.2, quality_b", "0.3, quality_b"))  # another problem
    assert main(arguments) == 0
    assert '"rows_reused": 0' in (out / "manifest.json").read_text()


def test_help_shows_the_fields(mine, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--problem", str(mine), "--help"])
    assert stopped.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "fields of the problem: Two generators" in text
    assert "c^2 of the second one (0.5)" in text
    assert "samples in all (required)" in text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def problem(n:", "problem = FILE, line 1: SyntaxError: "),
        ("x = 1 / 0", "problem = FILE, line 1: ZeroDivisionError: division by zero"),
        ("x = 1", "problem = FILE: expected a function named problem in it"),
        ("def problem(n, *rest): pass", "problem = FILE: argument *rest: expected arguments with names"),
        ("def problem(n, law='a'): pass", "expected a number or None by default"),
        ("def problem(n): return n", "problem = FILE: expected a collapse_theory.Problem"),
        ("def problem(n):\n    x = [1]\n    return x[int(n)]", "FILE, line 3: IndexError: list index"),
        (MINE.replace("share=0.25", "*, share"), "share: expected --share, as it has no default"),
        (MINE.replace("0.2, quality_b", "-1, quality_b"), "noise = -1: expected a number >= 0"),
        (MINE.replace("width=width", "width=len(n)"), "TypeError: object of type 'int' has no len()"),
    ],
)
def test_errors_of_a_users_file_are_one_sentence(tmp_path, capsys, text, message):
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(SystemExit) as stopped:
        main(["--problem", str(file), "--n", "20", "--out", str(tmp_path / "new")])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert message.replace("FILE", str(file)) in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("path", ["/no/such.py", "/"])
def test_no_such_file(capsys, path):
    with pytest.raises(SystemExit):
        main(["--problem", path])
    assert capsys.readouterr().err.startswith(f"python -m simulations.sweep: problem = {path}: ")


def test_what_cannot_be_traced_is_made_one_by_one():
    def untraceable(row):
        return ct.real_and_synthetic(
            n=int(row["n"]),
            synthetic_fraction=0.1,
            covariance=np.ones(3 if row["n"] < 15 else 5),
            quality=0.5,
            noise=0.1,
            ridge=0.1,
        )

    rows = [{"n": n} for n in (10, 20, 12)]
    stacks = stacked(untraceable, rows)
    assert [stack.places for stack in stacks] == [[0, 2], [1]]
    expected = [float(ct.predict(untraceable(row)).total) for row in rows]
    totals = [each.limit.total for each in predictions(stacks)]
    np.testing.assert_allclose(totals, expected, rtol=1e-12)


def test_a_study_may_name_the_file(mine, tmp_path):
    study = tmp_path / "study.toml"
    study.write_text('problem = "mine.py"\n[grid]\nn = [30]\nquality_b = 0.1\n[run]\nseeds = 4\n')
    assert main(["--study", str(study), "--format", "png", "--out", str(tmp_path / "a")]) == 0
    assert [row["quality_b"] for row in read_csv(tmp_path / "a" / "sweep.csv")] == [0.1]


@pytest.mark.parametrize("example", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_examples(tmp_path, example):
    arguments = ["--problem", str(EXAMPLES / f"{example}.py"), "--n", "300,3000", "--seeds", "4"]
    assert main([*arguments, "--format", "png", "--out", str(tmp_path)]) == 0
    rows = read_csv(tmp_path / "sweep.csv")
    assert all(abs(row["relative_gap"]) < 0.2 for row in rows)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 100, 12345])
@pytest.mark.parametrize("parts", [(0.5, 0.25, 0.25), (0.0, 0.5, 0.5), (0.9, 0.05, 0.05)])
def test_whole_samples_add_up(n, parts):
    sources = tuple(ct.Source(n * part, np.ones(3), 0.1) for part in parts)
    sizes = [float(s.n) for s in whole(ct.Problem(sources, 1.0, 0.1, width=2.4)).sources]
    assert sum(sizes) == n
    assert all(size >= 0 and size.is_integer() for size in sizes)
    assert np.abs(np.array(sizes) - n * np.array(parts)).max() <= 1
