"""Language models on real and synthetic stories: `python -m simulations.language`."""
