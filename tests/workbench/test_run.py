"""The runner: resume, failures, rows of exactly the jobs that are asked for."""

import pytest
from threadpoolctl import threadpool_info

from tests.workbench.jobs import sevenths_jobs, slow
from workbench.job import Answer, Job
from workbench.run import run


def called(calls):
    return calls.read_text().split() if calls.exists() else []


def test_rows_facts_and_failures(tmp_path):
    outcome = run(sevenths_jobs([1, 3, 5], tmp_path / "calls"), tmp_path)
    expected = [{"study": "a", "x": x, "half": h, "y": x / 7, "part": h} for x in (1, 5) for h in (0, 1)]
    assert outcome.rows == expected
    assert list(outcome.rows[0]) == ["study", "x", "half", "y", "part"]
    assert outcome.failed == {"job 3": "three is odd"}
    assert outcome.facts == {"job 1": {"speed": 1}, "job 5": {"speed": 5}}
    assert outcome.seconds.keys() == {"job 1", "job 5"}
    assert outcome.reused == 0


def test_only_what_is_missing_is_computed_and_only_what_is_asked_for_returned(tmp_path):
    calls = tmp_path / "calls"
    run(sevenths_jobs([1, 2, 3], calls), tmp_path)
    again = run(sevenths_jobs([4, 3, 2], calls), tmp_path)
    assert called(calls) == ["1", "2", "3", "4", "3"]
    assert [row["x"] for row in again.rows] == [4, 4, 2, 2]
    assert again.reused == 2
    assert again.facts["job 2"] == {"speed": 2}  # of the earlier run


def test_jobs_that_want_the_same_rows_share_them(tmp_path):
    calls = tmp_path / "calls"
    first, second = sevenths_jobs([1], calls)[0], sevenths_jobs([1], calls)[0]
    other = Job("the same again", second.inputs, second.work, second.arguments, {"study": "b"})
    outcome = run([first, other], tmp_path)
    assert called(calls) == ["1"]
    assert [row["study"] for row in outcome.rows] == ["a", "a", "b", "b"]


def test_rows_with_another_status_are_kept_but_computed_again(tmp_path):
    answers = iter([{"status": "no luck"}, {"y": 2, "status": "ok"}, {"y": 3, "status": "ok"}])
    job = Job("a", [{"x": 1}], lambda progress: Answer([next(answers)]))
    assert run([job], tmp_path).rows == [{"x": 1, "status": "no luck"}]
    for _ in range(2):
        assert run([job], tmp_path).rows == [{"x": 1, "y": 2, "status": "ok"}]


def test_a_kill_loses_what_was_under_way_only(tmp_path):
    def interrupted(progress):
        raise KeyboardInterrupt

    jobs = [*sevenths_jobs([1, 2], tmp_path / "calls"), Job("killed", [{"x": 9}], interrupted)]
    with pytest.raises(KeyboardInterrupt):
        run(jobs, tmp_path)
    assert run(jobs[:2], tmp_path).reused == 4


def test_a_fault_of_the_program_is_no_failure_of_a_job(tmp_path):
    def wrong(progress):
        raise KeyError("a typing error")

    with pytest.raises(KeyError):
        run([Job("a", [{"x": 1}], wrong)], tmp_path)
    with pytest.raises(RuntimeError, match="1 results of 2 rows"):
        run([Job("a", [{"x": 1}, {"x": 2}], slow, (1,))], tmp_path)


def test_progress_is_on_stderr(tmp_path, capsys):
    run(sevenths_jobs([1], tmp_path / "calls"), tmp_path)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "100%" in printed.err


def test_a_job_has_one_thread_of_lapack(tmp_path):
    """Its rounding depends on how many there are, and Dask's workers have one."""
    threads: list[int] = []

    def work(progress):
        threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return Answer([{"y": 1}])

    run([Job("a", [{"x": 1}], work)], tmp_path)
    assert threads
    assert set(threads) == {1}
