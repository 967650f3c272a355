"""Trained networks, frozen: their own loss, and readouts of their hidden states with a closed form."""
