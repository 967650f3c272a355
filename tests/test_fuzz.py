"""Whatever is asked, the answer is finite, infinite where it diverges, or one clear sentence.

A hundred questions of each kind; COLLAPSE_FUZZ=10000 asks so many.
"""

import contextlib
import io
import os
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import collapse_theory as ct
from simulations.sweep.__main__ import _bytes, _changed, _named, _parser, main
from simulations.sweep.grid import points
from simulations.sweep.model import built_in
from simulations.sweep.rows import inputs_of
from simulations.sweep.theory import predictions, stacked, unstacked
from simulations.whole import whole
from workbench.command import formats, one_sentence

MANY = int(os.environ.get("COLLAPSE_FUZZ", "0"))
fuzz = settings(
    max_examples=MANY or 50,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

# Dimension, dimensions of covariance, shift and signal, whether there is a width, and the number of
# sources: each is a program to compile.
SHAPES = [(1, 1, 0, 0, True, 2), (3, 2, 1, 0, False, 2), (2, 1, 0, 2, True, 1), (4, 1, 1, 1, False, 3)]
MORE = [(1, 2, 0, 0, True, 1), (2, 2, 2, 0, False, 2), (3, 1, 1, 1, False, 2), (3, 2, 0, 2, True, 2)]
MORE += [(3, 2, 1, 0, False, 3), (5, 1, 0, 0, False, 3), (6, 1, 1, 0, True, 3), (6, 2, 2, 2, True, 2)]
SHAPES += MORE if MANY else []

NOT_A_NUMBER = [float("nan"), float("inf"), -float("inf"), -1, -1e-300, 1e-300, 5e-324, 1e200, 1.7e308]
NOT_A_NUMBER += [True, "1", "many\nlines", b"1", None, 1 + 2j, 10**400, [1, 2], [[1], [1, 2]], [], ["1"]]
NOT_A_NUMBER += [{}, object(), np.ones((2, 2)), -np.eye(3), np.triu(np.ones((2, 2))), np.array(1j)]
NOT_A_NUMBER += [np.full((3, 3), np.nan), np.full(3, 1e300), np.array([["a"], ["b"]]), np.array(True)]
NOT_A_NUMBER += [np.zeros(4), np.ones((1, 1, 1)), np.datetime64("2026-01-01"), 1e300 * np.eye(3)]
EXTREME = st.sampled_from([1e-50, 1e-40, 1e-25, 1e-12, 1e7, 1e15, 1e25, 1e30])
ORDINARY = {
    "n": [0, 1, 2, 3, 4, 6, 0.5, 3 + 1e-13, 3 - 1e-9, 4 + 1e-6, 1e-3, 1e6, 1e9, 1e15],
    "ridge": [0, 0.0, 1e-12, 1e-6, 1e-3, 1, 100, np.float32(0.1), np.int64(2)],
    "width": [1, 2, 3, 2.5, 4, 5, 0.3, 1e-3, 1e6, 1e9, 3 + 1e-13],
    "weight": [1, 1, 0, 0.5, 2, 1e-6, 1e6],
    "noise": [0, 0.1, 0.5, 1, 1e-12, 1e6],
    "synthetic_fraction": [0, 1, 0.5, 0.1, 1e-12, 1 - 1e-12],
}


@st.composite
def numbers(draw, name):
    if draw(st.integers(0, 7)) == 0 and name != "synthetic_fraction":
        return draw(EXTREME)
    most = 1 if name == "synthetic_fraction" else 10
    return draw(st.sampled_from(ORDINARY[name]) | st.floats(1e-3, most))


@st.composite
def matrices(draw, d, ndim):
    """A number, eigenvalues or a matrix: singular, nearly so, isotropic, decaying, of any scale."""
    if ndim == 0:
        return draw(numbers("noise"))
    decay = st.sampled_from([0.0, 1.0, 5.0, 30.0])
    eigenvalues = draw(
        st.lists(st.floats(1e-3, 2), min_size=d, max_size=d).map(np.array)
        | decay.map(lambda exponent: np.arange(1.0, d + 1) ** -exponent)
        | st.integers(0, d).map(lambda rank: (np.arange(d) < rank) * 1.0)
    )
    if draw(st.integers(0, 7)) == 0:
        eigenvalues = eigenvalues / max(eigenvalues.max(), 1e-9) * draw(EXTREME)
    eigenvalues = np.where(eigenvalues < 1e-50, 0, eigenvalues)
    if ndim == 1:
        return eigenvalues
    rotation = np.random.default_rng(draw(st.integers(0, 99))).normal(size=(d, d))
    basis = np.linalg.qr(rotation)[0] if draw(st.booleans()) else np.eye(d)
    return (basis * eigenvalues) @ basis.T


@st.composite
def problems(draw):
    """Arguments of `Problem` and of its sources, or of `real_and_synthetic`; in some one is bad."""
    d, covariance, shift, signal, wide, K = draw(st.sampled_from(SHAPES))
    whole = {
        "signal": draw(matrices(d, signal)),
        "ridge": draw(numbers("ridge")),
        "width": draw(numbers("width")) if wide else None,
    }
    if K == 2 and draw(st.booleans()):
        names = ("n", "noise", "weight", "synthetic_fraction")
        whole |= {name: draw(numbers(name)) for name in names}
        whole |= {"covariance": draw(matrices(d, covariance)), "quality": draw(matrices(d, shift))}
        sources = []
    else:
        sources = [{name: draw(numbers(name)) for name in ("n", "noise", "weight")} for _ in range(K)]
        for k, source in enumerate(sources):
            source |= {"covariance": draw(matrices(d, covariance))}
            source |= {"shift": draw(matrices(d, shift)) if k else 0.0}
    if draw(st.integers(0, 2)) == 0:
        spoilt = draw(st.sampled_from([whole, *sources]))
        spoilt[draw(st.sampled_from(sorted(spoilt)))] = draw(st.sampled_from(NOT_A_NUMBER))
    return whole, sources


def made(whole, sources):
    if not sources:
        return ct.real_and_synthetic(**whole)
    return ct.Problem([ct.Source(**source) for source in sources], **whole)


def may_diverge(problem):
    """Whether a ridgeless problem has as many samples as parameters: as its width or some rank."""
    n = sum(float(source.n) for source in problem.sources if source.weight > 0)
    counts = [*range(1, problem.dimension + 1), *([] if problem.width is None else [problem.width])]
    return problem.ridge == 0 and any(abs(n - float(count)) <= 1e-11 * n for count in counts)


def magnitude(problem):
    """What parts of the risk are rounded to, as they are sums and differences of such terms."""
    largest = max(float(np.abs(source.covariance).max()) for source in problem.sources)
    moments = [problem.signal, *(source.shift for source in problem.sources)]
    scale = sum(float(np.abs(moment).sum()) for moment in moments) * max(largest, 1.0)
    return scale + sum(float(source.noise) for source in problem.sources)


def answered(arguments):
    """The problem and its risk, or the one sentence that says why there is none."""
    try:
        problem = made(*arguments)
        return problem, ct.predict(problem)
    except (ct.SolveError, ValueError) as error:
        return type(error), str(error)


SENTENCE = {
    ct.SolveError: r"the fixed-point equations did not converge in .+",
    ValueError: r"[a-z_0-9 ]+ = .{1,200}: expected .{1,200}",
}


@fuzz
@given(problems())
def test_a_problem_has_an_answer_or_one_sentence(arguments):
    problem, risk = answered(arguments)
    if isinstance(risk, str):
        assert re.fullmatch(SENTENCE[problem], risk)
        return
    found = np.array([risk.bias, risk.variance, risk.zeta, risk.total], dtype=float)
    assert not np.isnan(found).any()
    if np.isinf(found).any():
        assert may_diverge(problem)
    rounding = 1e-9 * (magnitude(problem) + abs(found[np.isfinite(found)]).max(initial=0))
    assert (found >= -rounding).all()


# Text that a field may be given: good, odd and bad.
ODD = ["", " ", ",", ":", "none", "nan", "inf", "-1", "1e400", "1e-400", "1,,2", "1:2", "1:2:1", "2:1:2"]
ODD += ["0:1:2log", "1:10:2lag", "0x3", "1_0", "٣", "1e300", "1e-300", "0:1e300:2", "none,none", "--n"]
ODD += [
    "1:2:3:4",
    "1:2:-5",
    "1:2:2.5",
    "-0",
    "+3",
    "1;2",
    "[1]",
    "1 2",
    "\n",
    "é",
    "$(ls)",
    "1e30",
    "NaN,1",
]
ODD += ["1:inf:2", "-1e308:1e308:2", "1:9:1000000000", "1e12", "1e300:1e301:2log"]
PLAIN = {
    "d": ["3", "1"] if MANY else ["3"],  # each is a program to compile
    "exponent": ["0", "1.2", "0,2", "30", "1e3"],
    "n": ["1", "3", "0.6", "2:9:2", "1e6", "1,1e3", "1e15"],
    "synthetic_fraction": ["0", "1", "0.5", "0.1,0.9", "1e-9"],
    "quality": ["0", "0.5", "1e9"],
    "noise": ["0", "0.1", "1e-12"],
    "signal": ["0", "1", "1e20"],
    "ridge": ["0", "1e-12", "1e-3", "0,1", "1e10"],
    "width": ["none", "1", "3", "2.4", "none,3", "1e9"],
    "weight": ["0", "1", "1e-6"],
}
OTHERS = {
    "--seeds": ["2", "1", "0", "-3", "many", "1e2", "2.0", ""],
    "--key": ["0", "-1", "99999999999999999999", "x"],
    "--dtype": ["float64", "float32", "float16"],
    "--measure": ["averaged", "assigned", "trained", "none"],
    "--features": ["gaussian", "rademacher", "?"],
    "--memory": ["4", "0", "nan", "inf", "1e-300", "x"],
    "--format": ["svg", "", ",", "svg,gif", "SVG"],
    "--preset": ["nothing", "../x", "", "collapse/../collapse", "\n"],
    "--study": ["/no/such", "/", "", "/dev/null"],
    "--colour": ["red"],
}


@st.composite
def command_lines(draw):
    """Fields of the problem of which at most one has two values, and other options."""
    given = {name: draw(st.sampled_from(values[:2])) for name, values in PLAIN.items()}
    for name in draw(st.lists(st.sampled_from(sorted(PLAIN)), max_size=4)):
        text = draw(st.sampled_from(PLAIN[name]))
        if name != "d" and any(sign in text for sign in ",:"):
            text = text if not any(sign in "".join(given.values()) for sign in ",:") else given[name]
        given[name] = text
    if draw(st.integers(0, 2)) == 0:
        given[draw(st.sampled_from(sorted(given)))] = draw(st.sampled_from(ODD) | st.text(max_size=6))
    line = [f"--{name.replace('_', '-')}={text}" for name, text in given.items()]
    if draw(st.integers(0, 3)) == 0:
        name = draw(st.sampled_from(sorted(OTHERS)))
        line.append(f"{name}={draw(st.sampled_from(OTHERS[name]))}")
    return line


def predicted(line):
    """What the command does before it simulates; the exit code and what it says, or predictions."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        parser = _parser(built_in())
        try:
            with one_sentence(parser):
                options = parser.parse_args(line)
                study = _changed(_named(options), options)
                grid = points(study.model, study.grid, fastest=study.x)
                _bytes(options.memory), formats(options.format)
                stacks = stacked(lambda point: whole(study.model.function(**point)), grid)
                rows = inputs_of(grid, unstacked(stacks), study.run, "")
        except SystemExit as stop:
            return stop.code, said.getvalue()
    assert all(set(row) >= set(built_in().fields) for row in rows)
    return list(zip(rows, predictions(stacks), strict=True))


@fuzz
@given(command_lines())
def test_a_command_line_has_an_answer_or_one_line(line):
    found = predicted(line)
    if isinstance(found, tuple):
        code, said = found
        assert code == 2
        assert re.fullmatch(r"python -m simulations\.sweep: [^\n]+\n", said)
        return
    for point, prediction in found:
        if prediction.reason:
            assert "did not converge" in prediction.reason
            continue
        parts = np.array(prediction.limit)
        assert not np.isnan(parts).any()
        if np.isinf(parts).any():
            assert point["ridge"] == 0
            n = point["n_1"] + (point["n_2"] if point["weight"] > 0 else 0)
            assert n in [*range(1, point["d"] + 1), point["width"]]
        assert (parts >= -1e-9 * (point["signal"] + point["quality"] + point["noise"])).all()


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["--n=3", "--ridge=0"], 0),
        (["--n=1e300"], 2),
        (["--weight=0", "--synthetic-fraction=1"], 2),
        (["--width=1e9", "--exponent=30"], 0),
        (["--n=1e6", "--ridge=0", "--quality=0", "--noise=0", "--synthetic-fraction=1"], 0),
        (["--n=1:999:999", "--noise=0:1:999"], 2),
        (["--n=0.2"], 2),
    ],
)
def test_whole_commands_end_as_their_parts_do(tmp_path, line, code):
    small = ["--d=3", "--seeds=2", "--format=svg", f"--out={tmp_path / 'new'}"]
    ended = predicted([*small, *line])
    assert (ended[0] if isinstance(ended, tuple) else 0) == code
    if code:
        with pytest.raises(SystemExit) as stop:
            main([*small, *line])
        assert stop.value.code == code
    else:
        assert main([*small, *line]) == 0
    assert (tmp_path / "new").exists() == (code == 0)
