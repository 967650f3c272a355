"""A sweep on a Dask cluster: the table of one process, to the last bit."""

import re
import shlex
from pathlib import Path

import pytest

from simulations.sweep.__main__ import _parser, main
from simulations.sweep.model import built_in

ROOT = Path(__file__).parents[3]
# The last n is too large for this law of features: a simulation that fails.
SMALL = ["--d", "8", "--n", "20:60:3,1e12", "--noise", "0,0.1", "--synthetic-fraction", "0,0.25"]
SMALL += ["--seeds", "4", "--features", "rademacher", "--format", "png"]


@pytest.mark.filterwarnings("default")  # of Dask, about ports and loops
def test_two_workers_give_the_table_of_one_process(tmp_path, capsys):
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    assert main([*SMALL, "--out", str(alone)]) == 1
    assert main([*SMALL, "--n", "40", "--out", str(shared)]) == 0  # what an earlier run has left
    capsys.readouterr()
    assert main([*SMALL, "--workers", "2", "--out", str(shared)]) == 1
    printed = capsys.readouterr()
    assert re.search("FAILED .*n = 1000000000000: memory = ", printed.out)
    assert "dashboard of the workers: http" in printed.err
    assert (shared / "sweep.csv").read_bytes() == (alone / "sweep.csv").read_bytes()
    assert '"rows_reused": 4' in (shared / "manifest.json").read_text()


def test_commands_of_the_page_parse():
    page = (ROOT / "docs" / "clusters.md").read_text().replace("\\\n", " ")
    commands = re.findall(r"python -m simulations\.sweep ([^'#\n]*)", page)
    assert len(commands) > 3
    for command in commands:
        words = shlex.split(re.sub(r"\$\w+", "1", command))
        assert _parser(built_in()).parse_args(words).preset
