# Needs Python >= 3.11 and make; every target sets up the environment it uses.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python

.PHONY: sweep forecast test thorough core derivations figures tables benchmarks site check package quick clean

sweep: $(VENV)/.simulate
	$(RUN) -m simulations.sweep $(ARGS)

forecast: $(VENV)/.forecast
	$(RUN) -m simulations.forecast $(ARGS)

test: $(VENV)/.test
	$(RUN) -m pytest $(ARGS)

# What other tests say, in more settings (tests/thorough.txt).
thorough: $(VENV)/.test core
	$(RUN) -m pytest -m thorough $(ARGS)

# The numerical core as users run it: the other tests are compiled without most of XLA's optimisations.
EQUIVALENT = tests/collapse_theory/equivalent
CORE = tests/collapse_theory/test_predict.py $(EQUIVALENT)/test_newton.py $(EQUIVALENT)/test_m_matrix.py \
	$(EQUIVALENT)/test_whiten.py tests/simulations/test_moments.py
core: $(VENV)/.test
	JAX_DISABLE_MOST_OPTIMIZATIONS=0 $(RUN) -m pytest $(CORE)

derivations: $(VENV)/.derivations
	$(RUN) -m derivations $(ARGS)

# The committed gallery and explorer, from the committed code.
GALLERY = figures/gallery
figures: $(VENV)/.figures $(VENV)/.derivations
	$(RUN) -m figures --format png --out $(GALLERY) $(ARGS)
	$(RUN) -m figures.explorer --simulate --out docs/explorer
	$(RUN) -m derivations ensemble --out results/gallery/ensemble
	cp results/gallery/ensemble/pictures/ensemble-2.svg $(GALLERY)/ensemble.svg

# The results on images, stories and other data that the figures are drawn from.  STORIES is a file of real
# stories (a sample of TinyStories); without it the readouts have those of the grammar alone.
STORIES = results/tinystories-sample.txt
tables: $(VENV)/.test
	$(RUN) -m simulations.mnist --format png --out results/tables/mnist
	$(RUN) -m simulations.mnist.closed_forms --measured results/tables/mnist/mnist.csv --out results/tables/mnist.closed_forms
	$(RUN) -m simulations.mnist.pairs --format png --out results/tables/mnist.pairs
	$(RUN) -m simulations.mnist.last_layer --out results/tables/mnist.last_layer
	$(RUN) -m simulations.language --seeds 3 --precise --format png --out results/tables/language
	$(RUN) -m simulations.language.generations --seeds 3 --format png --out results/tables/language.generations
	$(RUN) -m simulations.language.readout $(if $(wildcard $(STORIES)),--corpus $(STORIES) --vocabulary 500) --format png --out results/tables/language.readout
	$(RUN) -m simulations.language.readout --plan wide --format png --out results/tables/language.readout.wide
	test ! -f $(STORIES) || $(RUN) -m simulations.language.readout --plan wide --study text --corpus $(STORIES) --vocabulary 500 \
		--width 2000,3000 --format png --out results/tables/language.readout.wide.text
	test ! -f $(STORIES) || $(RUN) -m simulations.language.readout --plan wide --study text --corpus $(STORIES) --vocabulary 500 \
		--width 10000 --synthetic-fraction 0,0.01 --seeds 2 --format png --out results/tables/language.readout.widest.text
	test ! -f $(STORIES) || $(RUN) -m simulations.language.readout --plan unseen --study text --corpus $(STORIES) --vocabulary 500 \
		--format png --out results/tables/language.readout.unseen
	$(RUN) -m simulations.language.readout --plan gpt2 --study grammar --format png --out results/tables/language.readout.gpt2
	test ! -f $(STORIES) || $(RUN) -m simulations.language.readout --plan gpt2 --study text --corpus $(STORIES) --vocabulary 500 --length 64 \
		--n 300,3000,30000 --width 64 --format png --out results/tables/language.readout.gpt2.text
	$(RUN) -m simulations.language.frozen --format png --out results/tables/language.frozen
	$(RUN) -m simulations.forecast.held --out results/tables/forecast.held
	for folder in results/tables/language.readout*; do cp $$folder/readout.csv $$folder/$$(basename $$folder).csv; done
	for name in frozen generations; do \
		cp results/tables/language.$$name/$$name.csv results/tables/language.$$name/language.$$name.csv; \
	done
	for name in mnist mnist.closed_forms mnist.pairs mnist.last_layer language $$(cd results/tables && echo language.*) forecast.held; do \
		cp results/tables/$$name/$$name.csv figures/tables/$$name.csv; \
		cp results/tables/$$name/manifest.json figures/tables/$$name.json; \
	done

# Side by side with NumPy, SciPy and scikit-learn, for a machine that does nothing else.
benchmarks: $(VENV)/.bench
	$(RUN) -m benchmarks $(ARGS)

# The documentation, links checked: results/site/index.html, which needs no network.
site: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet

# Every entry point in its quick version; with -j2 two at a time, the longest first.
QUICK = results/quick
quick: $(addprefix quick-, figures checks benchmarks forecast language frozen generations readout mnist closed-forms pairs width collapse derivations)
quick-collapse quick-width: quick-%: $(VENV)/.test
	$(RUN) -m simulations.sweep --list
	$(RUN) -m simulations.sweep --preset $* --quick --out $(QUICK)/$*
quick-mnist quick-language: quick-%: $(VENV)/.test
	$(RUN) -m simulations.$* --list
	$(RUN) -m simulations.$* --quick --format png --out $(QUICK)/$*
quick-readout quick-generations quick-frozen: quick-%: $(VENV)/.test
	$(RUN) -m simulations.language.$* --quick --format png --out $(QUICK)/$*
quick-closed-forms: $(VENV)/.test
	$(RUN) -m simulations.mnist.closed_forms --quick --out $(QUICK)/closed-forms
	$(RUN) -m simulations.mnist.last_layer --quick --out $(QUICK)/last-layer
quick-pairs: $(VENV)/.test
	$(RUN) -m simulations.mnist.pairs --quick --format png --out $(QUICK)/pairs
quick-forecast: $(VENV)/.test
	$(RUN) -m simulations.forecast --quick --width 3,30 --format png --out $(QUICK)/forecast
	$(RUN) -m simulations.forecast.held --quick --out $(QUICK)/forecast-held
quick-figures: $(VENV)/.test
	$(RUN) -m figures --list
	$(RUN) -m figures --quick --format png --out $(QUICK)/figures --cache $(QUICK)/cache
	$(RUN) -m figures.explorer --out $(QUICK)/explorer
quick-derivations: $(VENV)/.test
	$(RUN) -m derivations --list
	$(RUN) -m derivations kappa --quick --out $(QUICK)/derivations
quick-checks: $(VENV)/.test
	$(RUN) -m derivations --check
quick-benchmarks: $(VENV)/.test
	$(RUN) -m benchmarks --quick --out $(QUICK)/benchmarks
	$(RUN) -m benchmarks.device --quick --out $(QUICK)/benchmarks
	$(RUN) -m benchmarks.derivations --quick
	$(RUN) -m benchmarks.kills --quick

check: $(VENV)/.test
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# Source distribution and wheel, and the wheel alone in an empty environment.
DIST = dist
package: $(VENV)/.test
	rm -rf $(DIST)
	$(RUN) -W error -m build --outdir $(DIST)
	$(PYTHON) -m venv $(DIST)/empty
	$(DIST)/empty/bin/python -m pip install --quiet --disable-pip-version-check --no-compile $(DIST)/*.whl
	$(DIST)/empty/bin/python -I tests/installed.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# An environment for a purpose: an extra of pyproject.toml. That for tests serves the others.
INSTALL = $(RUN) -m pip install --quiet --disable-pip-version-check --editable
$(VENV)/.%: $(VENV)/bin/python pyproject.toml
	$(INSTALL) '.[$*]'
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	$(INSTALL) '.[test]'
	touch $@ $(addprefix $(VENV)/.,simulate forecast derivations figures bench notebooks docs)

clean:
	rm -rf $(VENV) dist results
