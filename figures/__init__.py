"""The figures: one short script each, theory as lines, simulation as points; `python -m figures`."""
