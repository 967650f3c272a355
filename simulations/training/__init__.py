"""Simulated training other than one ridge fit: two stages of it, averages of models."""
