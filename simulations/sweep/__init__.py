"""Theory and simulation over a grid: `python -m simulations.sweep`."""
