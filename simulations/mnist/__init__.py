"""Strong model collapse on images, and the theory that predicts it: `python -m simulations.mnist`."""
