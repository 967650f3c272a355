"""How test errors, and what synthetic data do to them, change with the size of the model."""
