"""A picture saves what it shows."""

import numpy as np

from workbench.picture import COLUMNS, Picture
from workbench.records import read_csv


def test_pictures_save_what_they_show(tmp_path):
    picture = Picture(["left", "right"], x="n", y="error")
    x = np.array([1.0, 10.0])
    picture.panels[0].line(x, [1.0, np.inf], "a curve")
    picture.panels[0].points(x, [1.1, 0.5], [0.1, 0.1], [1.0, 0.4], [0.9, 0.3], "a curve")
    picture.panels[1].guide(x, x, "a slope")
    picture.panels[1].level(2.0)
    picture.save(tmp_path, "picture", ["png", "pdf", "svg"])
    header = (tmp_path / "picture.csv").read_text().splitlines()[0]
    assert header.split(",") == COLUMNS
    rows = read_csv(tmp_path / "picture.csv")
    assert [row["kind"] for row in rows] == ["theory"] * 2 + ["simulation"] * 2 + ["guide"] * 3
    np.testing.assert_array_equal([row["y"] for row in rows], [1, np.nan, 1.1, 0.5, 1, 10, 2])
    assert [row.get("limit") for row in rows] == [None] * 2 + [0.9, 0.3] + [None] * 3
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


def test_a_value_without_neighbours_is_a_dash():
    picture = Picture(["panel"], x="n", y="error")
    panel = picture.panels[0]
    panel.line([1.0, 2.0, 3.0, 4.0], [1.0, np.nan, 3.0, 4.0])
    panel.line([5.0], [2.0])
    panel.line([1.0, 2.0], [1.0, 2.0])
    dashes = [line.get_markevery() for line in panel.axes.lines]
    np.testing.assert_array_equal(dashes[0], [True, False, False, False])
    np.testing.assert_array_equal(dashes[1], [True])
    assert dashes[2] is None


def test_curves_of_finite_size_are_drawn_where_they_are_seen(tmp_path):
    picture = Picture(["panel"], x="n", y="error")
    picture.caption = "All."
    x, limit = [1.0, 2.0, 3.0], np.ones(3)
    picture.panels[0].line(x, limit, "close", finite=limit * 1.01)
    picture.panels[0].line(x, limit, "apart", finite=limit * [1.01, 1.3, 2.0])
    picture.save(tmp_path, "picture", [])
    rows = [row for row in read_csv(tmp_path / "picture.csv") if row["kind"] == "finite size"]
    assert {row["curve"] for row in rows} == {"apart"}
    # The term of the last is no smaller than what is neglected.
    np.testing.assert_array_equal([row["y"] for row in rows], [1.01, 1.3, np.nan])
    assert "Dash-dotted: theory at this size" in picture.figure.texts[0].get_text().replace("\n", " ")
