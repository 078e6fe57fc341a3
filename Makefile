# Everything starts here: `make` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run grown test check bench faults fmt clean reset

PYTHON := .venv/bin/python
LOCAL := $(PYTHON) -m marketplace.local

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## The whole product on http://localhost:8000 (PORT=9000 moves it); Ctrl-C stops it
	@bin/bootstrap runtime
	@exec $(LOCAL) run

grown: ## The same behind nginx, with separate servers for HTTP and sockets
	@bin/bootstrap grown
	@exec $(LOCAL) run --grown

test: ## All tests, beside a database of their own; ARGS="accounts -k sign_in" chooses
	@bin/bootstrap dev
	@exec $(LOCAL) exec --root var/test --fast -- $(PYTHON) -m pytest $(ARGS)

check: ## What CI asks besides the tests: format, lint, types, layers, migrations, settings, schema, pins
	@bin/bootstrap dev
	@exec $(LOCAL) exec --root var/check --fast -- bin/check

bench: ## Every measurement in bench/; SHORT=1 for a quick look
	@bin/bootstrap bench
	@exec $(LOCAL) exec --root var/bench -- bin/each bench

faults: ## Every drill in faults/: kill, cut, race; SHORT=1 for a quick look
	@bin/bootstrap dev
	@exec $(LOCAL) exec --root var/faults -- bin/each faults

fmt: ## Format the code and repair what can be repaired
	@bin/bootstrap dev
	@$(PYTHON) -m ruff format . && $(PYTHON) -m ruff check --fix .

clean: ## Remove caches and the data of tests; the product's own data stays
	@[ ! -x $(PYTHON) ] || for name in test check bench faults; do $(LOCAL) remove --root var/$$name || exit 1; done
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

reset: ## Remove all data under var/, after asking
	@printf 'This deletes every listing, message and file under var/. Type "yes": ' && read answer && [ "$$answer" = yes ]
	@$(LOCAL) remove --root var
