"""Training algorithms other than one ridge fit: the same data, used in another way than all at once.

Reading order: `division` (which data train which model, each sample once), `linear_model` (what a
deterministic equivalent says of a trained model), `one_projection` (two models that share S), then
`two_stage` with `best_two_stage`, and `average_models`.
"""
