"""The command line on stories: bad input, what flags stand for, what a run costs."""

import numpy as np
import pytest

from simulations.language import cost, experiment, machine, options, workshop
from simulations.language.__main__ import main
from simulations.language.gpt2.training import Recipe
from simulations.language.plan import Generator
from simulations.language.results import corpus_of
from simulations.language.study import STUDIES
from tests.simulations.language.tiny import CORPUS, PLAN, SMALL, tiny_runs, write_tales


@pytest.fixture(scope="module", autouse=True)
def tiny():
    yield from tiny_runs()


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--n", "0"], "n = 0: expected"),
        (["--n", "ten"], "n = ten: expected"),
        (["--n", "1e9"], "n = 1e+09: expected"),
        (["--synthetic-fraction", "2"], "synthetic_fraction = 2: expected"),
        (["--width", "5,x"], "width = 5,x: expected"),
        (["--width", "101"], "width = 101: expected a multiple"),
        (["--depth", "0"], "depth = 0: expected"),
        (["--stories", "0"], "stories = 0: expected"),
        (["--temperature", "0"], "temperature = 0: expected"),
        (["--top-p", "2"], "top_p = 2: expected"),
        (["--seeds", "1"], "seeds = 1: expected"),
        (["--steps", "1"], "steps = 1: expected"),
        (["--steps", "many"], "invalid int value: 'many'"),
        (["--batch", "0"], "batch = 0: expected"),
        (["--learning-rate", "nan"], "learning_rate = nan: expected"),
        (["--dropout", "1"], "dropout = 1: expected"),
        (["--dtype", "float16"], "dtype = float16: expected"),
        (["--key", "-1"], "key = -1: expected"),
        (["--study", "nonsense"], "study = nonsense: expected"),
        (["--full"], "--quick and --full: expected"),
        (["--format", "gif"], "format = gif: expected"),
        (["--corpus", "TALES", "--n", "34", "--stories", "5"], "n = 34: expected between 1 and 33"),
        (
            ["--corpus", "TALES", "--n", "9", "--stories", "19"],
            "stories = 19: expected between 1 and 18",
        ),
        (["--corpus", "TALES", "--study", "filter"], "study = filter: expected"),
        (["--corpus", "TALES", "--vocabulary", "100"], "vocabulary = 100: expected"),
        (["--corpus", "missing.txt"], "corpus = missing.txt: expected"),
        (["--out", "TALES/within"], "tales.txt/within: "),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, flags, says):
    tales = write_tales(tmp_path / "tales.txt")
    with pytest.raises(SystemExit) as stop:
        main(
            [
                "--quick",
                "--out",
                str(tmp_path / "out"),
                *(flag.replace("TALES", str(tales)) for flag in flags),
            ]
        )
    assert stop.value.code == 2
    text = capsys.readouterr().err
    assert says in text
    assert text.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_flags_stand_in_for_the_studies_values():
    flags = "--quick --study scaling,size --n 20,1e2 --synthetic-fraction 0.1,1 --width 4,2 --depth 1,3 "
    flags += "--stories 7 --temperature 0.5 --top-p 0.9 --seeds 3 --steps 20 --epochs 2 --batch 8 "
    flags += "--learning-rate 0.1 --weight-decay 0 --dropout 0.2 --dtype bfloat16 --author-width 16"
    made = options.plan(options.parser("").parse_args(flags.split()), CORPUS)
    assert {job.study for job in made.jobs} == {"scaling", "size"}
    assert {job.n for job in made.jobs} == {20, 100}
    assert {job.fraction for job in made.jobs} == {0, 0.1, 1}
    assert {tuple(job.shape) for job in made.jobs} == {(2, 1), (2, 3), (4, 1), (4, 3)}
    assert len(made.jobs) == len(set(made.jobs)) == 2 * 2 * 3 * 4
    assert made.generators == [Generator(7, 0.5, 0.9)]
    assert made.most(made.generators[0]) == 100
    assert made.recipe == Recipe(8, learning_rate=0.1, weight_decay=0.0, dropout=0.2, dtype="bfloat16")
    assert (made.seeds, made.author) == (3, SMALL._replace(width=16))
    # Twice 20 stories are five steps of eight, twice 100 are 25, of which 20 are wanted.
    assert [made.steps_for(n) for n in (1, 20, 100)] == [5, 5, 20]


def test_studies_fit_the_stories_of_a_file(tmp_path):
    """Sixty stories: 33 to train on, 18 for generators."""
    made = options.parser("").parse_args(["--corpus", str(write_tales(tmp_path / "tales.txt"))])
    fitted = options.plan(made, corpus_of(options.stories(made)))
    assert {job.n for job in fitted.jobs} == {33}
    assert {generator.stories for generator in fitted.generators} == {18}


def test_the_list_names_every_study(capsys):
    assert main(["--list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in (*STUDIES, "--quick", "default", "--full"))


def test_progress_comes_to_the_cost(tmp_path):
    """The operations that a run tells of while it trains and writes are those counted before."""
    jobs = [job for job in PLAN.jobs if job.study == "filter"]
    told, shop = [], workshop.Workshop(CORPUS, PLAN, 0, tmp_path, "code")
    for job in jobs:
        shop.trained(job, told.append)
    assert len(told) > len(jobs)
    assert sum(told) == pytest.approx(cost.total(CORPUS, PLAN, jobs).flops)


def test_the_cost_is_counted_by_hand():
    jobs = [job for job in PLAN.jobs if job.study == "scaling"]
    # Four models and the generators: 10 steps of 4 stories, for each seed; then what they write.
    stories, written = 2 * 5 * 10 * 4, 2 * 20
    price = cost.total(CORPUS, PLAN, jobs)
    assert price.tokens == (stories + written) * (CORPUS.length - 1)
    flops = experiment.architecture(CORPUS, SMALL).flops_per_token
    assert price.flops == pytest.approx((stories + written / 3) * (CORPUS.length - 1) * flops)
    assert np.isfinite(machine.matrix_rate("float32"))


def test_precise_is_twice_the_seeds_where_collapses_are_small():
    plans = [
        options.plan(options.parser("").parse_args(["--study", "scaling", *more]), CORPUS)
        for more in ([], ["--precise"])
    ]
    plain, precise = ({job._replace(seeds=0): job.seeds for job in plan.jobs} for plan in plans)
    assert plain.keys() == precise.keys()
    doubled = {job for job, seeds in precise.items() if seeds == 2 * plain[job]}
    most = max(job.n for job in plain)
    assert doubled == {job for job in plain if job.n == most and job.fraction <= 0.01}
    assert all(precise[job] == plain[job] for job in plain.keys() - doubled)
