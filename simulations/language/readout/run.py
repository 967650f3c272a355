"""The study from Python: readouts trained on real and synthetic stories, with their predictions."""

from collections.abc import Sequence
from pathlib import Path

from simulations.language.readout import study
from simulations.language.readout.plan import Plan
from simulations.language.readout.results import Task, work
from simulations.language.readout.world import Place, corpus_of, forget
from workbench.cluster import Cluster
from workbench.command import within
from workbench.fingerprint import fingerprint
from workbench.job import Job
from workbench.records import Record, write_table
from workbench.run import Outcome
from workbench.run import run as run_jobs
from workbench.store import refuse_older

TABLE = "readout"
INPUTS = ["corpus", "order", "width", "ridge", "rows", "stories", "p2"]
INPUTS += ["author_stories", "author_steps", "author_width", "author_depth", "temperature", "written"]
INPUTS += ["reader_stories", "reader_steps", "reader_width", "reader_depth", "seeds", "key", "code"]
MEASURED = ["tokens", "c2", "error", "error_stderr", "collapse", "collapse_stderr"]
MEASURED += ["predicted_error", "predicted_collapse", "equal_error", "plateau", "plateau_collapse"]
MEASURED += ["unequal", "dependence", "noise", "approximation"]
MEASURED += ["loss", "loss_stderr", "loss_collapse", "loss_collapse_stderr"]
MEASURED += ["predicted_loss", "predicted_loss_collapse"]
COLUMNS = ["study", *INPUTS, *MEASURED]


def run(
    folder: Path,
    *,
    quick: bool = False,
    plan: Plan | None = None,
    studies: Sequence[str] = tuple(study.STUDIES),
    corpus: str | None = None,
    vocabulary: int = 1000,
    length: int = 256,
    key: int = 0,
    cluster: Cluster | None = None,
) -> Outcome:
    """Train what the folder does not know yet, on the grammar's stories and, if told, those of a file.

    `studies` are those of `STUDIES` that are wanted.

    Raises ValueError for a folder or a file that cannot be used, OSError where nothing can be written.
    """
    plan = plan or (study.quick() if quick else study.DEFAULT)
    refuse_older(folder, TABLE)
    code = fingerprint(work.__module__)
    unfinished = folder.resolve() / "unfinished"
    places = {"grammar": Place(None, 0, 0, plan.order, plan.author, None, key, unfinished, code)}
    if corpus is not None:
        path = str(Path(corpus).absolute())
        text = Place(path, vocabulary, length, plan.order, plan.author, None, key, unfinished, code)
        places["text"] = text
        most = corpus_of(text).available["generator"]
        within("stories", plan.author.stories, 1, most - any(b.features == "gpt2" for b in plan.blocks))
    wanted = {name: place for name, place in places.items() if name in studies}
    planned = [job for name, place in wanted.items() for job in jobs(name, place, plan)]
    outcome = run_jobs(planned, folder, cluster)
    write_table(folder, TABLE, COLUMNS, outcome.rows)
    if not outcome.failed:
        for place in wanted.values():
            for reader in (None, plan.reader):
                forget(place._replace(reader=reader))
    return outcome


def jobs(name: str, place: Place, plan: Plan) -> list[Job]:
    """A job for each block; the first of a place waits for its author, and may wait for a reader."""
    made = []
    for block in plan.blocks:
        reader = plan.reader if block.features == "gpt2" else None
        task = Task(place._replace(reader=reader), block, plan.ridge, plan.seeds)
        made.append(
            Job(
                name=f"{name}, {block.features}, {block.rows}, m = {block.width}",
                inputs=inputs(task),
                work=work,
                arguments=(task,),
                labels={"study": name},
                cost=float(len(block.points) * plan.seeds * (100 + block.width) ** 2),
            )
        )
    return made


def inputs(task: Task) -> list[Record]:
    """What identifies the rows of a block."""
    place, block = task.place, task.block
    corpus, author = corpus_of(place), place.author
    reader: Record = {}
    if place.reader is None:
        reader["order"] = place.order
    else:
        reader |= {f"reader_{name}": value for name, value in place.reader._asdict().items()}
    common: Record = {
        "corpus": f"{corpus.name} {corpus.vocabulary} {corpus.length}",
        "width": block.width,
        "ridge": task.ridge,
        "rows": block.rows,
        "author_stories": author.stories,
        "author_steps": author.steps,
        "author_width": author.width,
        "author_depth": author.depth,
        "temperature": author.temperature,
        "written": author.written,
        "seeds": task.seeds,
        "key": place.key,
        "code": place.code,
        **reader,
    }
    return [common | {"stories": point.stories, "p2": point.fraction} for point in block.points]
