"""What the explorer's presets are called, and what is to be seen in each, by the name of the figure."""

TEXTS = {
    "strong_collapse": (
        "1% synthetic",
        "1% synthetic data: the error stops falling at p₂²c² = 10⁻⁴ of the signal (dashed), while real data "
        "alone (grey) go on like 1/n.",
    ),
    "ridgeless": (
        "No ridge",
        "Without a ridge the error is infinite where n = d, and synthetic labels make its peak wider: labels that "
        "disagree act like noise.",
    ),
    "power_law": (
        "Power law",
        "Power-law features without a ridge, 10% synthetic: with fewer samples than features the collapse ζ is near "
        "p₂c² = 0.1 or above it, and only far beyond n = d does it come down to the plateau p₂²c² = 0.01.",
    ),
    "width": (
        "Model size",
        "Larger models collapse more, up to the threshold m = n; beyond it the collapse ζ falls again, but no size "
        "removes it.",
    ),
    "width_by_n": (
        "Larger is worse",
        "With half of the data synthetic and more samples than features, the error is least a little above m = d; "
        "still larger models are worse, as they learn more of the synthetic labels.",
    ),
    "decomposition": (
        "Three parts",
        "More data remove bias and variance, and leave the collapse ζ: the three parts of the error, one on top of "
        "the other.",
    ),
    "mixture": (
        "Synthetic share",
        "A small share of synthetic data costs in proportion to p₂, as label noise does; what more data cannot "
        "remove (dashed) grows like p₂².",
    ),
    "weighting": (
        "Weighting",
        "However small the weight of synthetic samples, a plateau (dashed) is left; the best weight is nearly 0, "
        "which discards them.",
    ),
}
