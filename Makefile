# Needs Python >= 3.11 and make; every target sets up the environment it uses.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python

.PHONY: sweep test figures check clean

sweep: $(VENV)/.run
	$(RUN) -m simulations.sweep $(ARGS)

test: $(VENV)/.test
	$(RUN) -m pytest $(ARGS)

# The pictures of the README, from the committed code.
figures: $(VENV)/.run
	for preset in collapse width ridgeless; do \
		$(RUN) -m simulations.sweep --preset $$preset --out results/$$preset $(ARGS) || exit 1; \
		cp results/$$preset/sweep.png figures/$$preset.png; \
		cp results/$$preset/sweep.csv figures/$$preset.csv; \
		cp results/$$preset/manifest.json figures/$$preset.json; \
	done

check: $(VENV)/.test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) results
