"""The API pages: every public name, grouped by the question that it answers."""

from dataclasses import dataclass

from workbench.definitions import definition, source

FOLDER = "docs/api"


@dataclass(frozen=True)
class Chapter:
    """A heading of an API page, and below it names as Python imports them: package.name."""

    title: str
    names: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Page:
    """A page of the reference."""

    name: str
    title: str
    introduction: str
    chapters: tuple[Chapter, ...]


def _of(package: str, title: str, names: str, note: str = "") -> Chapter:
    return Chapter(title, tuple(f"{package}.{name}" for name in names.split()), note)


CT = "collapse_theory"
THEORY = Page(
    "theory",
    "Theory: collapse_theory",
    "`import collapse_theory as ct`. Everything is a pytree of float64 arrays: `jax.jit`, `jax.vmap` "
    "and `jax.grad` go through.",
    (
        _of(CT, "Problems and risks", "Problem Source real_and_synthetic Risk StandardErrors"),
        _of(CT, "The test error", "predict readout_error diagnose Diagnosis SolveError"),
        _of(CT, "Nonlinear features", "activation_moments ActivationMoments"),
        _of(
            CT,
            "The paper's statements",
            "theorem_1 theorem_2 theorem_2_constants theorem_2_explicit corollary_1 corollary_2 "
            "corollary_2_best_weight corollary_3",
            "Two sources with one covariance and, unless said otherwise, unit weights. `Sigma`, `Gamma` "
            "and `Delta` are arrays of eigenvalues in one basis, `p2` is the fraction of synthetic "
            "samples, `lam` > 0 the ridge λ and `sigma2` = p₁σ₁² + p₂σ₂².",
        ),
        _of(
            CT,
            "Endless data and scaling laws",
            "plateau crossover at_size scaling_exponents ScalingExponents source_condition",
        ),
        _of(CT, "Finite size", "finite_size spread Spread"),
        _of(CT, "Which data cause what", "zeta_by_source marginal_risk break_even"),
        _of(
            CT,
            "Mixing, and the best setting",
            "mixture Mixture single_step_mixing label_mixing spend best Optimum",
        ),
        _of(
            CT,
            "Generations of models",
            "generations accumulate chain relabelling subsample best_surrogate Surrogate",
        ),
        _of(
            CT,
            "Other ways to train",
            "spectral_filter SpectralFilter gradient_flow gradient_descent iterated_ridge "
            "self_distillation best_distillation Distillation one_pass_sgd best_schedule BestSchedule "
            "two_stage best_two_stage average_models Average",
        ),
        _of(CT, "Several test populations", "group_risks bias_amplification BiasAmplification"),
        _of(
            CT,
            "Classification and verified labels",
            "classification_error classification_plateau required_verifier SignLabels Verifier "
            "label_quality LabelQuality",
        ),
        _of(CT, "Training error", "training_error generalised_cross_validation source_errors"),
        _of(
            CT,
            "The theory in one line",
            "free_energy stationary_point label_energy risk_from_free_energy",
        ),
        _of(CT, "Spectra", "spectra compress"),
    ),
)
SIM = "simulations"
TRAINING = "simulations.training"
SIMULATIONS = Page(
    "simulations",
    "Simulator: simulations",
    "Every function draws data, trains models on them and measures their excess test error.",
    (
        _of(SIM, "Ridge regression", "simulate Estimate simulate_draws simulate.Draws"),
        _of(
            SIM,
            "Other ways to train",
            "simulate_training simulate_one_pass_sgd simulate_two_stage simulate_average "
            "simulate_classification",
        ),
        _of(
            TRAINING,
            "Training algorithms",
            "algorithms.GradientFlow algorithms.GradientDescent algorithms.IteratedRidge "
            "algorithms.SelfDistillation",
        ),
        Chapter(
            "Generations of models",
            (
                f"{SIM}.simulate_generations",
                f"{TRAINING}.chain.simulate_chain",
                f"{TRAINING}.relabelling.simulate_relabelling",
                f"{TRAINING}.subsample.simulate_subsample",
            ),
        ),
        _of(
            SIM,
            "Features that are not Gaussian",
            "features.rademacher features.laplace features.student_t",
        ),
        _of(SIM, "Fitted laws", "fit_power_law fit_mixing_law"),
    ),
)
DERIVATIONS = Page(
    "derivations",
    "Derivations: derivations",
    "From a product of random matrices to its limit, as numbers or as a formula.",
    (
        _of(
            "derivations",
            "Expressions and their limits",
            "Gaussian deterministic NumericTrace SymbolicTrace",
        ),
    ),
)
PROGRAMS = Page(
    "programs",
    "Programs",
    "Every program is a command, `python -m NAME --help`, and a function `run` that Python can call.",
    (
        Chapter(
            "python -m simulations.forecast",
            (
                "simulations.forecast.model.Forecast",
                "simulations.forecast.width.study.WidthStudy",
                "simulations.forecast.run.run",
            ),
        ),
        Chapter(
            "python -m simulations.sweep", ("simulations.sweep.run.run", "simulations.sweep.study.Study")
        ),
        Chapter(
            "python -m simulations.mnist",
            ("simulations.mnist.run.run", "simulations.mnist.theory.predicted_errors"),
        ),
        Chapter(
            "python -m simulations.mnist.pairs",
            ("simulations.mnist.pairs.run.run", "simulations.mnist.pairs.theory.predicted"),
        ),
        Chapter(
            "python -m simulations.mnist.last_layer",
            (
                "simulations.mnist.last_layer.run.run",
                "simulations.mnist.last_layer.frozen.last_layer_errors",
            ),
        ),
        Chapter(
            "python -m simulations.language",
            ("simulations.language.run.run", "simulations.language.experiment.endless_collapse"),
        ),
        Chapter(
            "python -m simulations.language.generations",
            (
                "simulations.language.generations.run.run",
                "simulations.language.generations.theory.linear_growth",
            ),
        ),
        Chapter("python -m figures", ("figures.house.drawing.draw", "figures.house.gallery.page")),
        Chapter("python -m derivations", ("derivations.outcome.run", "derivations.report.write")),
    ),
)
PAGES = (THEORY, SIMULATIONS, DERIVATIONS, PROGRAMS)


def text(page: Page) -> str:
    """The Markdown of a page, for mkdocstrings."""
    parts = [f"# {page.title}", page.introduction]
    for chapter in page.chapters:
        parts += [f"## {chapter.title}", chapter.note] if chapter.note else [f"## {chapter.title}"]
        parts += [f"::: {definition(name)}" for name in chapter.names]
    return "\n\n".join(parts) + "\n"


def path(page: Page) -> str:
    """Where a page is on the site."""
    return f"{FOLDER}/{page.name}.md"


def anchors() -> dict[tuple[str, str], str]:
    """Of every documented function or class, by its file and name: page#anchor."""
    entries = {}
    for page in PAGES:
        for name in (name for chapter in page.chapters for name in chapter.names):
            file, _, member = source(name).partition("#")
            entries[file, member] = f"{path(page)}#{definition(name)}"
    return entries
