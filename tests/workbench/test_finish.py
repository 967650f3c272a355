"""What a program leaves: a manifest, a line about its files, failures and an exit code."""

import json
import time

from tests.workbench.jobs import sevenths_jobs
from workbench.finish import finish
from workbench.run import run


def finished(tmp_path, wanted, made=(), **facts):
    outcome = run(sevenths_jobs(wanted, tmp_path / "calls"), tmp_path)
    command = ["python", "-m", "sevenths"]
    return finish(outcome, tmp_path, made, command=command, started=time.time(), **facts)


def test_manifest_files_and_exit_code(tmp_path, capsys):
    picture = tmp_path / "sevenths.png"
    assert finished(tmp_path, [1, 2], [picture], code="abc") == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["command"] == "python -m sevenths"
    assert (manifest["code"], manifest["rows"], manifest["rows_reused"]) == ("abc", 4, 0)
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
