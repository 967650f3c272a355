"""Training algorithms other than one ridge fit: what follows when labels enter the model linearly.

Reading order: `filters` (ways to fit, as sums of ridge fits), `spectral_filter` (the risk of any of
them) and what is one: `gradient_flow`, `gradient_descent`, `iterated_ridge`, `self_distillation`,
`relabelling`.  Then models that start from, learn from or meet others: `two_stage` and
`average_models` (with `division`, `linear_model` and `one_projection`), `chain`, `subsample`,
`surrogate`.  By itself stands `sgd`, exact at finite d, with `schedule`, `second_moments` and
`best_schedule`.
"""
