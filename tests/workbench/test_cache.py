"""The cache answers the same question once, and another whenever question or code is another."""

import json
import subprocess
import sys

import numpy as np
import pytest

import collapse_theory as ct
from workbench import cache as cache_module
from workbench.cache import Cache, as_text
from workbench.store import FILE

CODE = "collapse_theory.predict"


@pytest.fixture
def recall(tmp_path):
    """A function that asks a cache, opened anew; `recall.computed` notes what had to be computed."""
    computed = []

    def ask(name="error", content=(1.0, 2.0), refresh=False, code=CODE, **options):
        def compute():
            computed.append(name)
            return {"values": np.array([0.1, np.nan, np.inf]), "scalar": np.array(3)}

        return Cache(tmp_path, refresh).recall(compute, name, code, content, **options)

    ask.computed = computed
    return ask


def test_the_same_question_is_computed_once(recall):
    first = recall(seeds=3)
    again = recall(seeds=3)
    assert len(recall.computed) == 1
    assert set(again) == {"values", "scalar"}
    np.testing.assert_array_equal(again["values"], first["values"])
    assert again["scalar"].shape == ()
    assert again["scalar"] == 3.0


@pytest.mark.parametrize(
    "other",
    [
        {"name": "variance"},
        {"content": (1.0, 2.5)},
        {"content": [1.0, 2.0]},  # of another structure
        {"content": np.array([1.0, 2.0])},
        {"seeds": 4},
        {"key": 0},
        {"code": "collapse_theory.plateau"},
        {"refresh": True},
    ],
    ids=str,
)
def test_another_question_is_computed(recall, other):
    recall(seeds=3)
    recall(**({"seeds": 3} | other))
    assert len(recall.computed) == 2


def test_numbers_differ_to_their_last_digit(recall):
    for values in (np.ones(5), np.nextafter(np.ones(5), 2)):
        recall(content=values)
        recall(content=values[0])
    assert len(recall.computed) == 4


def test_changed_code_is_another_question(recall, monkeypatch):
    recall()
    monkeypatch.setattr(cache_module, "fingerprint", lambda module: "another")
    recall()
    assert len(recall.computed) == 2


def test_code_without_a_fingerprint_is_refused(recall):
    with pytest.raises(ValueError, match="code = __main__: expected a module of collapse_theory"):
        recall(code="__main__")


def test_every_field_of_a_problem_counts():
    def text(n=50.0, **changes):
        settings = {"covariance": np.ones(8), "quality": 0.5, "noise": 0.1, "ridge": 0.1} | changes
        return as_text(ct.real_and_synthetic(n=n, synthetic_fraction=0.5, **settings))

    texts = {text(), text(51.0), text(width=5), text(noise=0.2), text(quality=0.4), text(ridge=0.0)}
    assert len(texts) == 6
    assert text() in texts


def test_a_killed_process_leaves_whole_answers(tmp_path):
    program = """
import os, sys
from pathlib import Path
import numpy as np
from workbench.cache import Cache
cache = Cache(Path(sys.argv[1]))
cache.recall(lambda: {"values": np.arange(3.0)}, "first", "collapse_theory.predict", 1.0)
cache.recall(lambda: os._exit(9), "second", "collapse_theory.predict", 1.0)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert done.returncode == 9
    cache = Cache(tmp_path)
    first = cache.recall(lambda: pytest.fail("it is there"), "first", CODE, 1.0)
    np.testing.assert_array_equal(first["values"], np.arange(3.0))
    second = cache.recall(lambda: {"values": np.array(2.0)}, "second", CODE, 1.0)
    assert second["values"] == 2.0


def test_a_folder_of_something_else_is_one_sentence_on_the_cache(tmp_path):
    (tmp_path / FILE).write_text(json.dumps({"no": "database"}) * 100)
    with pytest.raises(ValueError, match=r"^cache = .*choose another --cache$"):
        Cache(tmp_path)
