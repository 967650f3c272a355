"""Stories to be read: of the corpus, and of each kind of generator."""

from simulations.language.experiment import is_story
from simulations.language.workshop import Workshop

COUNT = 10


def samples(workshop: Workshop) -> str:
    """Ten stories of each stage; those that the grammar does not know are marked."""
    corpus = workshop.corpus
    stages = {"real stories": corpus.real("test", int(min(COUNT, corpus.available["test"])), 0)}
    for generator in workshop.plan.generators:
        name = f"a generator that learnt from {generator.stories} stories"
        name += f", temperature {generator.temperature:g}, top p {generator.top_p:g}"
        name += ", verified" if generator.verified else ""
        stages[name] = workshop.written(generator, lambda flops: None).stories[0][:COUNT]
    lines = []
    for name, rows in stages.items():
        lines.append(f"# {name}\n")
        marks = ["" if known else "[no story] " for known in is_story(corpus, rows)]
        lines += [f"{mark}{corpus.text(row)}\n" for mark, row in zip(marks, rows, strict=True)]
    return "\n".join(lines)
