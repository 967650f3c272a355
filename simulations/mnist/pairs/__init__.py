"""One digit against another: how many images a linear classifier gets wrong, measured and predicted."""
