"""Training algorithms other than one ridge fit, simulated: each trains what its name says."""
