"""Training algorithms other than one ridge fit."""
