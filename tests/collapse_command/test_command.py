"""`collapse-theory`: it hands over, says what is wrong in one line, and loads nothing for its help."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from collapse_command import __main__ as command
from collapse_command.__main__ import PROGRAMS, Program, main
from workbench.parsing import Parser, extra


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """What the user has typed is forgotten after each test."""
    monkeypatch.setattr(Parser, "typed", None)


def refused(arguments, capsys):
    """The one line and the exit code of a command that is refused."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    (line,) = capsys.readouterr().err.splitlines()
    return line, stopped.value.code


def test_arguments_are_handed_over_with_the_name_that_was_typed(capsys):
    assert main(["sweep", "--list"]) == 0
    assert "strong model collapse" in capsys.readouterr().out
    line, code = refused(["sweep", "--ridge", "none"], capsys)
    assert code == 2
    assert line.startswith("collapse-theory sweep: ridge = none: expected")


def test_every_program_is_there():
    for program in PROGRAMS.values():
        assert find_spec(f"{program.module}.__main__") is not None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["swep"], "'swep': expected one of sweep, mnist, "),
        ([], "expected a program: sweep, mnist, "),
        (["--n", "3"], "unrecognized arguments: --n"),
    ],
)
def test_bad_input_is_one_line(arguments, sentence, capsys):
    line, code = refused(arguments, capsys)
    assert code == 2
    assert line.startswith("collapse-theory: ")
    assert sentence in line


def test_help_names_every_program_and_imports_no_library():
    code = "import sys; from collapse_command.__main__ import main\n"
    code += "try: main(['--help'])\n"
    code += "finally: print(*sys.modules, file=sys.stderr)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0
    for name, program in PROGRAMS.items():
        assert f"\n  {name:14}{program.does}\n" in shown.stdout
    loaded = {module.partition(".")[0] for module in shown.stderr.split()}
    assert not loaded & {"jax", "numpy", "rich", "simulations", "figures", "derivations"}


def test_a_missing_library_names_the_extra(tmp_path, monkeypatch, capsys):
    (tmp_path / "needy").mkdir()
    (tmp_path / "needy" / "__main__.py").write_text("import a_library_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(command.PROGRAMS, "needy", Program("needy", "figures", ""))
    line, code = refused(["needy"], capsys)
    assert code == 2
    assert line == (
        "collapse-theory: a_library_that_is_not_there is not installed: "
        "expected `pip install 'strong-model-collapse[figures]'` first"
    )


def test_a_missing_module_of_the_project_is_an_error():
    with pytest.raises(ModuleNotFoundError, match="simulations"), extra("simulate"):
        raise ModuleNotFoundError("No module named 'simulations.gone'", name="simulations.gone")
