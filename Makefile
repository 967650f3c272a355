# Needs Python >= 3.11 and make; every target sets up the environment it uses.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python

.PHONY: sweep test derivations figures check clean

sweep: $(VENV)/.run
	$(RUN) -m simulations.sweep $(ARGS)

test: $(VENV)/.test
	$(RUN) -m pytest $(ARGS)

derivations: $(VENV)/.run
	$(RUN) -m derivations $(ARGS)

# The pictures of the README, from the committed code.
figures: $(VENV)/.run
	rm -rf results/figures  # never rows of older code
	for preset in collapse width ridgeless; do \
		out=results/figures/$$preset; \
		$(RUN) -m simulations.sweep --preset $$preset --out $$out $(ARGS) || exit 1; \
		cp $$out/sweep.png figures/$$preset.png; \
		cp $$out/sweep.csv figures/$$preset.csv; \
		cp $$out/manifest.json figures/$$preset.json; \
	done
	$(RUN) -m derivations own-model --out results/figures/own-model
	cp results/figures/own-model/pictures/own-model-2.svg figures/ensemble.svg

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
