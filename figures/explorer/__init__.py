"""The theory in the browser: one page with sliders, without a server; `python -m figures.explorer`."""
