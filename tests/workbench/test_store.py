"""The store: what was answered is on disk, whole, whatever happens to processes and disks."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from workbench.store import FILE, Store, as_question, refuse_older

QUESTION = {"n": 20, "width": None, "ridge": 0.1 + 0.2, "law": "gaussian", "clean": True}
ANSWER = {"total": 1 / 3, "stderr": 5e-324, "z": float("inf"), "status": "ok"}


def test_answers_come_back_to_the_last_bit(tmp_path):
    with Store(tmp_path / "new" / "folder") as store:
        assert store.get("row", QUESTION) is None
        store.put("row", [(QUESTION, ANSWER)])
    with Store(tmp_path / "new" / "folder") as store:
        again = store.get("row", dict(reversed(QUESTION.items())))
        assert again == ANSWER
        assert again["total"].hex() == ANSWER["total"].hex()
        assert store.get("job", QUESTION) is None


@pytest.mark.parametrize("change", [{"n": 21}, {"n": 20.0}, {"width": 0}, {"ridge": 0.3}, {"more": 1}])
def test_every_change_is_another_question(tmp_path, change):
    with Store(tmp_path) as store:
        store.put("row", [(QUESTION, ANSWER)])
        assert store.get("row", QUESTION | change) is None


def test_numpy_is_as_python():
    assert as_question({"n": np.int64(3), "x": np.array([1.5])}) == as_question({"n": 3, "x": [1.5]})


def test_the_last_answer_counts(tmp_path):
    with Store(tmp_path) as store:
        store.put("row", [(QUESTION, {"status": "failed"})])
        store.put("row", [(QUESTION, ANSWER)])
        assert store.get("row", QUESTION) == ANSWER


def test_all_or_none(tmp_path):
    def pairs():
        yield {"n": 1}, ANSWER
        raise RuntimeError("in the middle")

    with Store(tmp_path) as store:
        with pytest.raises(RuntimeError):
            store.put("row", pairs())
        assert store.get("row", {"n": 1}) is None


WRITER = """
import sys
from pathlib import Path
from workbench.store import Store
with Store(Path(sys.argv[1])) as store:
    for i in range(int(sys.argv[3])):
        store.put("row", [({"who": sys.argv[2], "i": i, "half": h}, {"y": i / 7}) for h in (0, 1)])
        print(i, flush=True)
"""


def writer(folder, who, count):
    command = [sys.executable, "-c", WRITER, str(folder), who, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_at_any_moment_nothing_is_lost_or_halved(tmp_path):
    for attempt in range(5):
        with writer(tmp_path, str(attempt), 10**6) as process:
            first = process.stdout.readline()
            time.sleep(0.02 * attempt)
            process.send_signal(signal.SIGKILL)
            told = int([first, *process.stdout.read().split()][-1])
        with Store(tmp_path) as store:
            for i in range(told + 2):
                both = [store.get("row", {"who": str(attempt), "i": i, "half": h}) for h in (0, 1)]
                assert both == [{"y": i / 7}] * 2 or (i > told and both == [None, None])


def test_several_processes_at_once(tmp_path):
    processes = [writer(tmp_path, who, 50) for who in "abc"]
    for process in processes:
        with process:
            process.communicate()
    assert [process.returncode for process in processes] == [0, 0, 0]
    with Store(tmp_path) as store:
        rows = [store.get("row", {"who": who, "i": i, "half": 1}) for who in "abc" for i in range(50)]
    assert rows == 3 * [{"y": i / 7} for i in range(50)]


def test_a_disk_that_fills_up_loses_nothing(tmp_path):
    """No file can grow beyond so many bytes: what a full disk is, without the right to mount one."""
    with Store(tmp_path) as store:
        store.put("row", [(QUESTION, ANSWER)])
        size = os.path.getsize(tmp_path / FILE)
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 4096, limits[1]))
        try:
            with pytest.raises(OSError, match=r"full|disk|large") as caught:
                store.put("row", [({"n": i}, {"text": 1000 * "x"}) for i in range(100)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert caught.value.filename == str(tmp_path / FILE)
        assert store.get("row", QUESTION) == ANSWER
        assert store.get("row", {"n": 0}) is None
        store.put("row", [({"n": 0}, ANSWER)])
    with Store(tmp_path) as store:
        assert store.get("row", {"n": 0}) == ANSWER


def test_a_store_that_may_only_be_read_answers(tmp_path):
    with Store(tmp_path) as store:
        store.put("row", [(QUESTION, ANSWER)])
        store.database.execute("PRAGMA query_only = 1")  # root may write everywhere
        assert store.get("row", QUESTION) == ANSWER
        with pytest.raises(OSError, match="readonly database"):
            store.put("row", [(QUESTION, {})])


@pytest.mark.parametrize("content", [b"mine", b"mine\n" * 99, b"a,b\n1,2\n", bytes(range(256)) * 9])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ValueError, match="not the results of this version of the program") as caught:
        Store(tmp_path)
    assert str(caught.value).startswith(f"out = {tmp_path}: {FILE}: ")
    assert (tmp_path / FILE).read_bytes() == content


def test_a_database_of_others_is_refused(tmp_path):
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("CREATE TABLE answers (mine)")
    with pytest.raises(ValueError, match="choose another --out"):
        Store(tmp_path)


def test_an_empty_file_is_a_store_that_a_kill_left(tmp_path):
    (tmp_path / FILE).touch()
    with Store(tmp_path) as store:
        store.put("row", [(QUESTION, ANSWER)])


@pytest.mark.parametrize(
    ("out", "message"), [("file", "File exists"), ("file/new", "Not a directory"), ("taken", FILE)]
)
def test_a_folder_that_cannot_be_written_names_the_option(tmp_path, out, message):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "taken" / FILE).mkdir(parents=True)
    with pytest.raises(ValueError, match=f"^out = {tmp_path / out}: .*{message}"):
        Store(tmp_path / out)


def test_results_of_an_older_version_are_one_sentence(tmp_path):
    refuse_older(tmp_path, "sweep")
    (tmp_path / "sweep.csv").write_text("d,n\n")
    with pytest.raises(
        ValueError, match=r"sweep.csv is there without results.sqlite: of an older version"
    ):
        refuse_older(tmp_path, "sweep")
    Store(tmp_path).close()
    refuse_older(tmp_path, "sweep")


def test_what_is_stored_is_plain_json(tmp_path):
    with Store(tmp_path) as store:
        store.put("row", [(QUESTION, ANSWER)])
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        ((kind, question, answer),) = database.execute("SELECT * FROM answers")
    assert (kind, json.loads(question), json.loads(answer)) == ("row", QUESTION, ANSWER)
