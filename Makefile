# make demo and make test need Python 3.11+, pip and make; the rest is installed into .venv from requirements.lock.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DATA ?= sample
TENANT ?= main
WORKERS ?= 2
SCRATCH ?= $(shell df -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 {print "/dev/shm"}')
PYTEST_OPTIONS ?=
RAY_TESTS := tests/retail_brain/engine tests/features/test_features_on_engines.py \
	tests/training/demand/test_forecast_parts.py tests/training/recommender/test_scored_parts.py
export BENTOML_DO_NOT_TRACK := True
export MLFLOW_DISABLE_TELEMETRY := true
unexport PYTHONDONTWRITEBYTECODE # else every process that starts compiles every library anew

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check docs format clients ray sbom advisories tracking lock clean

help: ## Show these targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, got $$($(PYTHON) --version). Set PYTHON=python3.12, say." >&2; exit 1; }
	@echo "Installing into $(VENV) (once; a few minutes on a slow line) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -c 'import serving.service' # compiles what every start needs, and below what every verb does
	@$(BIN)/retail-brain train --help >/dev/null
	@touch $@

demo: $(VENV)/.installed ## Ingest, train, publish and serve the sample chain (DATA=complete-journey for real receipts)
	@$(BIN)/retail-brain demo --data $(DATA)

# Temporary files are in memory where it has room (they need a few hundred MB) and go at the end; with SCRATCH= pytest
# keeps them as usual.
test: $(VENV)/.installed ## Run the tests, WORKERS=2 side by side
	@folder=$(if $(SCRATCH),$$(mktemp -d $(SCRATCH)/tests-XXXXXX)) || exit 1; \
	trap 'test -z "$$folder" || rm -rf "$$folder"' EXIT; trap 'exit 130' INT TERM; \
	if test -n "$$folder"; then chmod 711 "$$folder" && export TMPDIR="$$folder"; fi; \
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder $(PYTEST_OPTIONS)

coverage: ## Run the tests and print which share of each package's lines they ran
	@TESTS_COUNT_LINES=1 $(MAKE) --no-print-directory test

check: $(VENV)/.installed ## Lint, types and layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(VENV)/.installed ## Build the docs as a site in build/site, without a network; a broken link is an error
	@$(BIN)/mkdocs build --quiet --strict

format: $(VENV)/.installed ## Format the code and mend what ruff can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

clients: $(VENV)/.installed ## Generate clients in Python and TypeScript from /docs.json and ask with them (installs the generators)
	@test -x .venv-clients/bin/openapi-python-client || { $(PYTHON) -m venv .venv-clients && \
		.venv-clients/bin/python -m pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1; }
	@command -v npm >/dev/null || echo "npm is not there: the client in TypeScript is left out"
	@! command -v npm >/dev/null || test -d .venv-clients/node_modules/typescript || \
		npm install --silent --prefix .venv-clients openapi-typescript@7.13.0 typescript@5 @types/node@22
	@CLIENT_TOOLS=.venv-clients $(BIN)/python -m pytest -n0 -q tests/serving/http/test_generated_clients.py

sbom: $(VENV)/.installed ## Write build/sbom.json: what is in requirements.lock (CycloneDX)
	@$(BIN)/python deploy/supply_chain.py sbom --out build/sbom.json

advisories: $(VENV)/.installed ## Check requirements.lock against a stored list, ADVISORIES=all.zip of OSV; no network
	@$(BIN)/python deploy/supply_chain.py check $(or $(ADVISORIES),$(error name the list: make advisories ADVISORIES=all.zip))

tracking: $(VENV)/.installed ## Open MLflow's page on the runs of TENANT
	@$(BIN)/retail-brain --home $(CURDIR) --tenant $(TENANT) models demand # brings paths up to date after a move
	@MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(BIN)/mlflow server --host 127.0.0.1 --port 5000 --workers 1 \
		--backend-store-uri sqlite:///$(CURDIR)/mlruns/$(TENANT)/mlflow.db

ray: $(VENV)/.installed ## Test the jobs as tasks of Ray, which goes into an environment of its own beside .venv
	@test -f .venv-ray/.installed || { $(PYTHON) -m venv .venv-ray && .venv-ray/bin/python -m pip install --quiet \
		--disable-pip-version-check --require-hashes -r requirements-ray.lock && \
		$(BIN)/python -c 'import site; print(*site.getsitepackages(), sep="\n")' \
		>$$(.venv-ray/bin/python -c 'import site; print(site.getsitepackages()[0])')/zz_venv.pth && \
		touch .venv-ray/.installed; }
	@PYTHONPATH=. .venv-ray/bin/python -m pytest -n0 $(RAY_TESTS) -k ray

# Ray is 200 MB that most do not need: it has a lock of its own, on top of the other.
LOCKED_EXTRAS := --extra demo --extra sql --extra postgresql --extra tracing
LOCKING := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
lock: ## Resolve requirements.lock anew (needs uv)
	uv pip compile pyproject.toml --group dev --group docs $(LOCKED_EXTRAS) $(LOCKING) --upgrade --output-file requirements.lock
	echo 'ray>=2.40' | uv pip compile - --constraint requirements.lock $(LOCKING) --upgrade --output-file requirements-ray.lock

clean: ## Remove the environment and all that was made (var/, mlruns/)
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache
	find mlruns -mindepth 1 -not -name README.md -delete
