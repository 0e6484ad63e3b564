# The developers' door. Users need only ./psg (see README.md). `make` alone lists what there is.
.DEFAULT_GOAL := help
.PHONY: help lint types test quick bench screens data-model demo access-table format locks clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

lint: ## ruff, the rules of imports, djlint
	./psg test --only lint --only imports --only templates

types: ## mypy --strict
	./psg test --only types

test: ## Everything that has to pass
	./psg test

quick: ## Everything but the journeys in a browser
	./psg test --quick

bench: ## Compare with bare floors and with peers (a table of ratios); wants the package index
	uv sync --frozen --group dev --group bench
	./psg test tests/benchmarks -n 0

screens: ## Screenshots of every page into screens/
	./psg test tests/screens -n 0 -s

data-model: ## Draw the tables into docs/data-model.svg
	uv run --frozen python tools/draw_data_model.py

demo: ## Invented data in a browser
	./psg demo

access-table: ## Print the table of rules into docs/access.md
	uv run --frozen python -c "import pathlib; from psg.access.printed import as_markdown; pathlib.Path('docs/access.md').write_text(as_markdown(), encoding='utf-8')"

format: ## Let ruff lay out the code
	.venv/bin/ruff check --fix --quiet . || true
	.venv/bin/ruff format .

locks: ## After changing dependencies in pyproject.toml
	uv lock
	uv export -q --frozen --no-header --no-dev --no-emit-project -o requirements.lock
	uv export -q --frozen --no-header --group dev --no-emit-project -o requirements-dev.lock

clean: ## Remove caches and build products; the environment, the demo's and your own data stay
	rm -rf build dist screens .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src worker tests tools migrations -name __pycache__ -type d -prune -exec rm -rf {} +
