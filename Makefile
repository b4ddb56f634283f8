# make run brings the example up, make test runs every test; each sets up what it needs by itself.
.DEFAULT_GOAL := help
.PHONY: help run income test test-postgres check docs bench durability screenshots pictures lock clean

# The interpreter of the environment: make clean, then make test PYTHON=python3.13 tries another one.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Compiled once here, so that no process has to compile what it imports.
INSTALL := $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python
export UV_PYTHON_DOWNLOADS := never
EXAMPLE := examples/diagnosis

help:
	@echo "make run     the example: data, snapshot, build, promotion, server on 127.0.0.1:8000"
	@echo "make income CSV=adult.csv   the same with the census; without CSV it is fetched"
	@echo "make test    the whole test suite (on PostgreSQL too, where FLYBALL_TEST_POSTGRES names one)"
	@echo "make check   lint, types, contracts, and the documents as a site"
	@echo "make docs    the documents as a site, into site/"
	@echo "make bench CSV=adult.csv   Flyball beside its peers, into benchmarks/README.md (OPTIONS=--quick: minutes)"
	@echo "make durability   what is left after kills, outages and full disks (20 minutes)"
	@echo "make screenshots   every page of the console, light, dark and on a phone, into screenshots/"
	@echo "make pictures   those of the documents, into docs/pictures/"
	@echo "make lock    resolve requirements/*.txt again"

IN = export PATH="$(CURDIR)/$(BIN):$$PATH" && unset DJANGO_SETTINGS_MODULE FLYBALL_PROJECT && cd

run: $(VENV)/run.done
	@$(IN) $(EXAMPLE) && python manage.py migrate --verbosity 0 && python manage.py seed && \
	exec flyball up --build

income: $(VENV)/run.done
	@$(IN) examples/income && python manage.py fetch $(if $(CSV),"$(abspath $(CSV))") && \
	exec flyball up --build

# A file stays in one process, with what its tests share; files begin in the order of the suite, journeys spread among the first.
# Half as many again as there are processors: tests wait for the servers that they start. nproc would tell the threads
# of a model.
SPREAD = -n $$(( ($$(env -u OMP_NUM_THREADS nproc 2> /dev/null || sysctl -n hw.ncpu) * 3 + 1) / 2 )) --dist loadfile --no-loadscope-reorder
# One thread a model: processes of tests that wait for each other's threads took ten times as long.
test test-postgres: export OMP_NUM_THREADS := 1
# The suite starts hundreds of processes: what one has compiled is there for the next, whatever the shell says.
test test-postgres: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/dev.done
	$(BIN)/pytest -q $(SPREAD)
	@if [ -n "$(FLYBALL_TEST_POSTGRES)" ]; then $(MAKE) --no-print-directory test-postgres; \
	else echo "PostgreSQL was not tested: FLYBALL_TEST_POSTGRES names none."; fi

test-postgres: $(VENV)/dev.done
	$(BIN)/python .ci/postgres.py
	FLYBALL_DATABASE_URL="$(FLYBALL_TEST_POSTGRES)" $(BIN)/pytest -q $(SPREAD) -m storage

check: $(VENV)/dev.done
	$(BIN)/ruff check --output-format concise
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory docs

# Strict: a link that leads nowhere, or a page that nobody finds, is an error; --quiet would have it overlook both.
# What the theme says of its successor is left out.
docs: $(VENV)/dev.done
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

bench: $(VENV)/dev.done
	$(BIN)/python -m benchmarks $(if $(CSV),--csv "$(abspath $(CSV))") $(OPTIONS)

durability: $(VENV)/dev.done
	$(BIN)/python -m tests.durability

screenshots: $(VENV)/dev.done
	$(BIN)/python -m tests.browser.screenshots screenshots

pictures: $(VENV)/dev.done
	$(BIN)/python -m tests.browser.pictures docs/pictures

# The locked files name no index and no host: hashes say what is meant, wherever it comes from.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-find-links \
	--custom-compile-command "make lock"
# The peers of benchmarks/ have the versions of requirements/dev.txt, but for protobuf, which skl2onnx bounds.
PINS = sed -n '/^protobuf==/d; s/ \\$$//; /^[a-zA-Z].*==/p' requirements/dev.txt
lock: $(VENV)/uv.done
	$(LOCK) --extra dev pyproject.toml requirements/build.in --output-file requirements/dev.txt
	$(LOCK) --extra learning --extra jobs --extra project --extra charts --constraints requirements/dev.txt \
		pyproject.toml requirements/build.in --output-file requirements/run.txt
	$(LOCK) --constraints requirements/dev.txt requirements/uv.in --output-file requirements/uv.txt
	@for each in $(basename $(wildcard benchmarks/peers/*.in)); do \
		$(PINS) | $(LOCK) --constraints - $$each.in --output-file $$each.txt || exit 1; done

clean:
	rm -rf $(VENV) $(EXAMPLE)/.flyball benchmarks/.peers

$(VENV)/uv.done: requirements/uv.txt
	@echo "Making the environment in $(VENV) (once)…"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/run.done: $(VENV)/uv.done requirements/run.txt pyproject.toml
	@echo "Installing what the example needs (once)…"
	$(INSTALL) --require-hashes -r requirements/run.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.done: $(VENV)/uv.done requirements/dev.txt pyproject.toml
	@echo "Installing what the tests need (once)…"
	$(INSTALL) --require-hashes -r requirements/dev.txt
	$(INSTALL) --quiet --no-deps --no-build-isolation --editable .
	@touch $@
