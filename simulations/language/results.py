"""Rows of the table: one for each model and seed."""

from simulations.language.corpus.grammar import PAD
from simulations.language.experiment import endless_collapse, losses
from simulations.language.plan import Job
from simulations.language.workshop import Progress, Workshop
from simulations.table import Row, as_text

INPUTS = ["study", "corpus", "width", "depth", "n", "p2", "generator_stories", "temperature", "top_p"]
INPUTS += ["verified", "author_width", "author_depth", "author_steps"]
INPUTS += ["steps", "recipe", "key", "code", "seed"]
MEASURED = ["loss", "excess", "train_loss", "best_step", "generator_loss", "generator_excess", "valid"]
MEASURED += ["endless_collapse"]
COLUMNS = [*INPUTS, *MEASURED]


def inputs(job: Job, workshop: Workshop) -> list[Row]:
    """The input columns of a job's rows, one for each seed."""
    plan, corpus, generator = workshop.plan, workshop.corpus, job.generator
    values: dict[str, object] = {
        "study": job.study,
        "corpus": f"{corpus.name} {corpus.vocabulary} {corpus.length}",
        "width": job.shape.width,
        "depth": job.shape.depth,
        "n": job.n,
        "p2": job.fraction,
        "generator_stories": generator and generator.stories,
        "temperature": generator and generator.temperature,
        "top_p": generator and generator.top_p,
        "verified": generator and generator.verified,
        "author_width": generator and plan.author.width,
        "author_depth": generator and plan.author.depth,
        "author_steps": generator and plan.steps_for(generator.stories),
        "steps": plan.steps_for(job.n),
        "recipe": " ".join(f"{name}={value}" for name, value in plan.recipe._asdict().items()),
        "key": workshop.key,
        "code": workshop.code,
    }
    texts = {name: as_text(value) for name, value in values.items()}
    return [texts | {"seed": str(seed)} for seed in range(plan.seeds)]


def measure(
    job: Job, rows: list[Row], workshop: Workshop, progress: Progress
) -> tuple[list[Row], float]:
    """The job's rows, complete, and tokens per second of all seeds together.

    Raises ArithmeticError if a loss is not finite, or if too few stories pass the verifier.
    """
    run, speed = workshop.trained(job, progress)
    quality = losses(workshop.corpus, run.best, workshop.tests)
    written = workshop.written(job.generator, progress) if job.generator else None
    if written:
        tokens = int((workshop.tests[:, 1:] != PAD).sum())
        limit = endless_collapse(written.log_ratio, job.fraction, tokens)
    complete = []
    for seed, row in enumerate(rows):
        values = {
            "loss": quality.loss[seed],
            "excess": quality.excess[seed],
            "train_loss": run.train_loss[seed],
            "best_step": run.best_step[seed],
        }
        if written:
            values |= {
                "generator_loss": written.losses.loss[seed],
                "generator_excess": written.losses.excess[seed],
                "valid": written.valid[seed],
                "endless_collapse": limit[seed],
            }
        complete.append(row | {name: _short(values.get(name)) for name in MEASURED})
    return complete, speed


def known_elsewhere(rows: list[Row], table: list[Row]) -> list[Row]:
    """The same models in other studies of the table, as rows of this one; empty if one is missing."""
    same = [name for name in INPUTS if name != "study"]
    known = {tuple(row[name] for name in same): row for row in table}
    twins = [known.get(tuple(row[name] for name in same)) for row in rows]
    return (
        [twin | {"study": row["study"]} for twin, row in zip(twins, rows, strict=True) if twin]
        if all(twins)
        else []
    )


def _short(value: object) -> str:
    """Six digits; nothing where there is no number."""
    return "" if value is None or value != value else f"{float(value):.6g}"  # type: ignore[arg-type]
