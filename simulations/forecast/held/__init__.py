"""Forecasts held against what happens, on data that nobody here made and on made ones."""
