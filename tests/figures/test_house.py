"""What the figures share: memory, pictures, the report."""

import types

import numpy as np
import pytest

import collapse_theory as ct
from figures.house import memory as memory_module
from figures.house.agreement import agreement, as_markdown
from figures.house.gallery import sentence
from figures.house.memory import Memory, content_key
from figures.house.run import CHUNK, Run, batch
from simulations.code import statements
from simulations.picture import COLUMNS, Picture, read_csv


def problem(n=50.0, **changes):
    settings = {"covariance": ct.spectra.isotropic(8), "quality": 0.5, "noise": 0.1, "ridge": 0.1}
    return ct.real_and_synthetic(n=n, synthetic_fraction=0.5, **(settings | changes))


@pytest.fixture
def run(tmp_path):
    return Run(Memory(tmp_path), quick=True, progress=lambda done, more: None)


def test_memory_answers_the_same_question_once(tmp_path, monkeypatch):
    asked = []

    def compute():
        asked.append(1)
        return {"values": np.array([0.1, np.nan, np.inf])}

    def recall(refresh=False, name="error", question=(1.0, 2.0), **options):
        return Memory(tmp_path, refresh).recall(compute, name, question, **options)["values"]

    first = recall(seeds=3)
    np.testing.assert_array_equal(recall(seeds=3), first)
    assert len(asked) == 1
    recall(seeds=4)
    recall(seeds=3, question=(1.0, 2.5))
    recall(seeds=3, name="other")
    assert len(asked) == 4
    recall(refresh=True, seeds=3)
    assert len(asked) == 5
    monkeypatch.setattr(memory_module, "code_version", lambda: "another")
    recall(seeds=3)
    assert len(asked) == 6


def test_a_kill_while_writing_leaves_no_answer(tmp_path):
    path = tmp_path / f"{content_key('error', 1.0)}.json"
    path.with_name(f".{path.stem}.partial.json").write_text('{"arrays": {"val')
    assert Memory(tmp_path).recall(lambda: {"values": np.array(2.0)}, "error", 1.0)["values"] == 2.0


def test_keys_see_every_field():
    keys = {
        content_key("predict", each)
        for each in (
            problem(),
            problem(51.0),
            problem(width=5),
            problem(noise=0.2),
            problem(quality=0.4),
        )
    }
    assert len(keys) == 5
    assert content_key("predict", problem()) in keys


def test_code_is_what_runs():
    written = 'def f(x):\n    """Doc."""\n    return x + 1  # why\n'
    assert statements(written) == statements("def f(x):\n    return x + 1\n")
    assert statements(written) != statements("def f(x):\n    return x + 2\n")


def test_predictions_of_any_number_of_points(run):
    sizes = np.linspace(20, 300, CHUNK + 7)
    found = run.predict(problem, sizes)
    for i in (0, CHUNK - 1, CHUNK, CHUNK + 6):
        np.testing.assert_allclose(found.total[i], ct.predict(problem(sizes[i])).total, rtol=1e-12)


def test_simulations_are_at_whole_sizes_and_independent(run):
    theory, found = run.simulate(problem, [20.4, 21.0], seeds=8)
    whole = ct.real_and_synthetic(
        n=20,
        synthetic_fraction=0.5,
        covariance=ct.spectra.isotropic(8),
        quality=0.5,
        noise=0.1,
        ridge=0.1,
    )
    np.testing.assert_allclose(theory.total[0], ct.predict(whole).total, rtol=1e-12)
    again = run.simulate(problem, [20.4], seeds=8)[1]
    assert again.mean.total[0] == found.mean.total[0] != found.mean.total[1]
    assert (found.stderr.zeta > 0).all()


def test_any_function_of_a_question(run):
    slopes = run.evaluate(first_source, problem, [30.0, 60.0])
    np.testing.assert_allclose(slopes, [15.0, 30.0])


def first_source(question):
    return question.sources[0].n


def test_batches_are_problems():
    problems = batch(problem, [10.0, 20.0, 30.0])
    assert problems.sources[0].n.shape == (3,)
    assert problems.sources[0].covariance.shape == (3, 8)


def test_pictures_save_what_they_show(tmp_path):
    picture = Picture(["left", "right"], x="n", y="error")
    x = np.array([1.0, 10.0])
    picture.panels[0].line(x, [1.0, np.inf], "a curve")
    picture.panels[0].points(x, [1.1, 0.5], [0.1, 0.1], [1.0, 0.4], 100, "a curve")
    picture.panels[1].guide(x, x, "a slope")
    picture.panels[1].level(2.0)
    picture.save(tmp_path, "picture", ["png", "pdf", "svg"])
    rows = read_csv(tmp_path / "picture.csv")
    assert list(rows[0]) == COLUMNS
    assert [row["kind"] for row in rows] == ["theory"] * 2 + ["simulation"] * 2 + ["guide"] * 3
    assert [row["y"] for row in rows] == ["1", "nan", "1.1", "0.5", "1", "10", "2"]
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".png", ".pdf", ".svg"}


def test_the_same_picture_is_the_same_file(tmp_path):
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        picture = Picture(["panel"], x="n", y="error")
        picture.panels[0].line([1.0, 2.0], [1.0, 2.0], "curve")
        picture.save(folder, "picture", ["png", "pdf"])
    for suffix in ("csv", "png", "pdf"):
        one, two = ((tmp_path / name / f"picture.{suffix}").read_bytes() for name in ("one", "two"))
        assert one == two


def test_agreement_counts_standard_errors_and_the_rest(tmp_path):
    picture = Picture(["panel"], x="n", y="error")
    panel = picture.panels[0]
    # Gaps of 2, 5 and 0 standard errors; the second exceeds 3 by 0.2 = (10 / 50) * theory.
    panel.points([1, 2, 3], [1.2, 1.5, 4.0], [0.1, 0.1, 0.1], [1.0, 1.0, 4.0], 50)
    panel.points([4], [0.0], [0.0], [0.0], 50)  # a part that is zero in every draw
    panel.points([5], [7.0], [0.1])  # without theory
    picture.save(tmp_path, "picture", [])
    found = agreement(tmp_path / "picture.csv")
    assert found.points == 3
    np.testing.assert_allclose(found[1:], [5.0, 2 / 3, 0.5, 10.0], rtol=1e-6)
    assert "| picture | 3 | 5.0 | 67% | 50.00% | 10 / d |" in as_markdown({"picture": found})


def test_agreement_of_a_measured_x_axis(tmp_path):
    picture = Picture(["panel"], x="clean", y="mixed")
    picture.panels[0].points(
        [1.0], [2.0], [0.1], [2.0], 50, x_stderr=np.array([0.1]), x_theory=np.array([1.4])
    )
    picture.save(tmp_path, "picture", [])
    found = agreement(tmp_path / "picture.csv")
    assert found.points == 2
    assert found.worst_z == pytest.approx(4.0)


def test_no_points_no_agreement(tmp_path):
    picture = Picture(["panel"], x="n", y="error")
    picture.panels[0].line([1.0], [1.0])
    picture.save(tmp_path, "picture", [])
    assert agreement(tmp_path / "picture.csv") is None
    assert "| picture | 0 |" in as_markdown({"picture": None})


def test_sentences_come_from_docstrings():
    script = types.ModuleType("script", "One sentence,\nwrapped.\n\nDetails.")
    assert sentence(script) == "One sentence, wrapped."
