"""Training algorithms other than one ridge fit: what follows when labels enter the model linearly.

Reading order: `filters` (ways to fit, as sums of ridge fits), `spectral_filter` (the risk of any of
them), then the algorithms by name.
"""
