"""What a program leaves: a manifest, a line about its files, failures and an exit code."""

import json
import time

from tests.workbench.jobs import sevenths_jobs
from workbench.finish import finish
from workbench.records import Record
from workbench.run import Outcome, run


def finished(tmp_path, wanted, made=(), **facts):
    outcome = run(sevenths_jobs(wanted, tmp_path / "calls"), tmp_path)
    command = ["python", "-m", "sevenths"]
    return finish(outcome, tmp_path, made, command=command, started=time.time(), **facts)


def test_manifest_files_and_exit_code(tmp_path, capsys):
    picture = tmp_path / "sevenths.png"
    assert finished(tmp_path, [1, 2], [picture]) == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["command"] == "python -m sevenths"
    assert (manifest["rows"], manifest["rows_reused"]) == (4, 0)
    assert manifest["seconds"].keys() == {"job 1", "job 2"}
    shown = capsys.readouterr().out.replace("\n", "")
    assert f"made {picture}" in shown


def test_failures_are_said_and_facts_can_be_others(tmp_path, capsys):
    assert finished(tmp_path, [3, 4], seconds=7.5) == 1
    assert "FAILED job 3: three is odd" in capsys.readouterr().out
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["seconds"] == 7.5
    assert manifest["failed"] == {"job 3": "three is odd"}
    assert manifest["rows"] == 2


def test_the_code_of_the_rows_is_in_the_manifest(tmp_path):
    rows: list[Record] = [{"y": 1.0, "code": "abc"}]
    outcome = Outcome(rows, failed={}, seconds={}, facts={}, reused=0)
    assert finish(outcome, tmp_path, [], command=["python"], started=time.time()) == 0
    assert json.loads((tmp_path / "manifest.json").read_text())["code"] == "abc"
