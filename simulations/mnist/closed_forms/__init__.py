"""Closed forms of the width study alone, at every width: `python -m simulations.mnist.closed_forms`."""
