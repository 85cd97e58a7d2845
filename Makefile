# Everything sets itself up: .venv, packages with their hashes, trunkline in place. See README.md.
HOST ?= 127.0.0.1
DATA ?= data
MANIFESTS ?= manifests
SOAK_MINUTES ?= 60
export PYTHON

.DEFAULT_GOAL := help
.PHONY: help run secrets test check fast e2e docs compiled bench soak lock

help: ## this list
	@sed -n 's/^\([a-z0-9]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST)

run: ## serve manifests/ to phones on this machine; on a LAN: make run HOST=192.0.2.1
	@ci/run "$(MANIFESTS)" "$(DATA)" "$(HOST)"

secrets: ## create the quickstart passwords that manifests/ names and that are missing, and show all
	@ci/setup run
	@.venv/bin/python ci/quickstart_secrets.py "$(MANIFESTS)" "$(DATA)"

test: ## check, fast tests, tests with real phones: what CI runs
	@ci/test check docs fast e2e

check: ## format, lint, types, import law, generated files
	@ci/test check

fast: ## unit tests: no sockets, no sleeps
	@ci/test fast

e2e: ## tests with real phones and real sockets
	@ci/test e2e

docs: ## the pages as a web site (build/site) and the man page, every link checked
	@ci/docs

compiled: ## tests of the engine against its protocol modules compiled by mypyc
	@ci/test compiled

bench: ## speed beside peers, into bench/RESULTS.md; some rows only: make bench BENCH="call relay"
	@ci/bench $(BENCH)

soak: ## an hour of mixed load, and whether anything grows: bench/SOAK.md; shorter: make soak SOAK_MINUTES=3
	@ci/setup test
	@.venv/bin/python -m bench.soak --minutes $(SOAK_MINUTES)

lock: ## pin the newest versions that pyproject.toml allows, with hashes
	@ci/lock --upgrade
