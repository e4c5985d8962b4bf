# `make` lists the targets. Every target sets up everything it needs.
.DEFAULT_GOAL := help
.PHONY: help setup report regression diabetes releases sweep test check docs format schema golden digits bench scale hostile matrix ray fuzz simulate wheel clean distclean
BIN := .venv/bin

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## create .venv with the pinned packages, and install WeasyPrint's native libraries
	@scripts/setup.sh

report: setup ## build the example reports: build/release/ and build/next/, each with report.html and report.pdf
	$(BIN)/reportgen build specs/release.toml
	$(BIN)/reportgen build specs/next.toml

regression: setup ## build the example of regression: build/regression/report.html and report.pdf
	$(BIN)/reportgen build specs/regression.toml

test: setup ## run the whole test suite
	$(BIN)/pytest -n 2 --dist worksteal

check: setup ## check lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

docs: ## build the documentation site: build/docs/index.html
	@scripts/setup.sh docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

format: setup ## fix lint and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: setup ## write the JSON Schema of the spec
	$(BIN)/reportgen schema > specs/reportgen.schema.json.new
	mv specs/reportgen.schema.json.new specs/reportgen.schema.json

golden: setup ## regenerate the golden files
	$(BIN)/pytest tests/render --update-golden

digits: setup ## retrain the example's models
	$(BIN)/python specs/digits/train.py

releases: setup ## rebuild the earlier releases that specs/next.toml compares with
	SOURCE_DATE_EPOCH=1767225600 $(BIN)/reportgen build specs/releases/earlier.toml -o specs/releases/1.0.0
	SOURCE_DATE_EPOCH=1774915200 $(BIN)/reportgen build specs/releases/earlier.toml -o specs/releases/1.1.0 \
		--set report.version=1.1.0 --set models.classifier.path=../digits/mlp.keras

diabetes: setup ## retrain the models of the example of regression
	$(BIN)/python specs/diabetes/train.py

sweep: setup ## train 24 small models and build the report that compares them
	$(BIN)/python specs/sweep/train.py
	$(BIN)/reportgen build specs/sweep.yaml

bench: setup ## benchmark costs, as ratios within one run
	$(BIN)/python tests/bench.py

scale: setup ## measure 100 million rows in 100 parts, 10,000 models and 5 GB of images, as far as the disk goes (minutes)
	$(BIN)/python tests/scale.py

hostile: setup ## run every hostile and clumsy case, the slow ones too (minutes)
	$(BIN)/pytest tests/hostile -n 2 --dist worksteal -m "hostile or not hostile"

matrix: setup ## build reports of every kind of model and source of data, against scikit-learn (minutes)
	$(BIN)/pytest tests/test_kinds.py tests/test_origins.py -m matrix

ray: setup ## evaluate on a ray cluster of this machine (a minute)
	$(BIN)/pytest tests/test_cluster_ray.py -m "ray or not ray"

fuzz: setup ## read 10,000 damaged specs, results, histories, arrays and models (a minute)
	REPORTGEN_FUZZ=1000 $(BIN)/pytest tests/hostile/test_fuzz.py -n 2 --dist worksteal

simulate: setup ## print the coverage of every interval and the false alarms of every rule (minutes)
	$(BIN)/python -m scripts.simulate

wheel: setup ## build the wheel into dist/
	$(BIN)/pip wheel --no-deps --wheel-dir dist .

clean: ## remove build products and caches
	rm -rf build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache

distclean: clean ## also remove .venv
	rm -rf .venv
