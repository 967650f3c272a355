"""Training algorithms other than one ridge fit: what follows when labels enter the model linearly.

Reading order: `filters` (ways to fit, as sums of ridge fits), `spectral_filter` (the risk of any of
them), then the algorithms by name; `chain`, models that label the data of later ones, with `subsample`
and `relabelling`, and `surrogate`, the labels that a student learns most from.
"""
