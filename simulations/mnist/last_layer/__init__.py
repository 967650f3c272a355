"""Networks whose last layer alone is fitted anew: `python -m simulations.mnist.last_layer`."""
