# `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /usr/bin/env bash

# `make specs CRATE=chat-engine` runs one crate's tests; without it, every test.
CRATE ?=
SCOPE := $(if $(CRATE),-p $(CRATE),--workspace)
BINARIES := target/start
PARLOUR := $(BINARIES)/parlour
# The tests of the product start its binaries, which have to be there, and new. Built with the tests, all have the same
# features of what they stand on, which is built once.
START_BINARIES := $(if $(filter-out parlour,$(CRATE)),,cargo build --workspace --bins --tests --all-features)
TOOLS := .dev/tools
DENY := $(TOOLS)/bin/cargo-deny
DENY_VERSION := 0.20.2
MACHETE := $(TOOLS)/bin/cargo-machete
MACHETE_VERSION := 0.9.2

.PHONY: help start specs previous check doctor lint scan format routes seeds bash console build openapi insomnia up down chaos soak bench fuzz page no-page

help: ## This list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# The web client is within the binaries where npm can build it, which needs Node 20.19; else they go without.
NPM := $(shell node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' \
         2>/dev/null && command -v npm)
PAGE := web/dist/index.html.gz
WITH_PAGE := $(if $(NPM),$(PAGE),no-page)
PAGE_FEATURE = $(if $(NPM),--features $(1))
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund

page: $(PAGE) ## The web client, as the binaries have it within them

# The page's build builds the client too.
$(PAGE): $(shell find web clients/typescript -name node_modules -prune -o -name dist -prune -o -name schema.ts -prune \
         -o -name tests -prune -o -type f -print) docs/openapi.json | web/node_modules
	cd web && npm run build

web/node_modules: | clients/typescript/node_modules

no-page:
	@echo "Node 20.19 with npm is not there: without the page at /" >&2

build: $(WITH_PAGE)
	cargo build --profile start -p parlour $(call PAGE_FEATURE,page)

start: build ## The whole product on this machine; data in ./data
	@exec $(PARLOUR) serve

up: $(WITH_PAGE) ## The production shape on this machine, behind http://127.0.0.1:8090; data in .dev/up
	cargo build --profile start --bins -p parlour -p api -p realtime -p worker $(call PAGE_FEATURE,api/page)
	docker/up $(BINARIES)

down: ## Ends what `make up` started; the data stays
	docker/down

# What the fault proof is asked for: ROUNDS=10 SEED=7, and CHAOS='--only "kill redis"' and the like.
ROUNDS ?= 10
SEED ?= 7
CHAOS ?=

chaos: ## The fault proof: processes of the production shape die under load; ROUNDS=10 SEED=7
	cargo build --profile start --bins -p parlour -p api -p realtime -p worker -p chaos
	cargo build -p api --features failpoints
	$(BINARIES)/chaos --binaries $(BINARIES) --fail-point-binaries target/debug --rounds $(ROUNDS) --seed $(SEED) $(CHAOS)

soak: ## The same for long: ROUNDS=200
	@$(MAKE) --no-print-directory chaos ROUNDS=$(or $(filter-out 10,$(ROUNDS)),200)

# What is measured: ONLY=fanout, and BENCH='--rounds 5 --seconds 10' and the like.
ONLY ?=
BENCH ?=

bench: benches/peers/socket-io/node_modules ## What it costs, beside its floors and peers; ONLY=fanout for one part
	cargo build --release --bins -p parlour -p api -p realtime -p worker -p bench
	ulimit -n $$(ulimit -H -n) && target/release/bench run --binaries target/release $(ONLY:%=--only %) $(BENCH)

benches/peers/socket-io/node_modules: benches/peers/socket-io/package-lock.json
	cd benches/peers/socket-io && $(NPM_CI)
	@touch $@

FUZZ := $(TOOLS)/bin/cargo-fuzz
FUZZ_VERSION := 0.13.2
# For how many seconds.
FUZZ_SECONDS ?= 600

fuzz: $(FUZZ) ## Made-up bytes for what strangers can reach; FUZZ_SECONDS=600
	cd crates/realtime-engine && RUSTC_BOOTSTRAP=1 $(abspath $(FUZZ)) run wire -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096

$(FUZZ):
	cargo install --locked --root $(TOOLS) cargo-fuzz --version $(FUZZ_VERSION)

# Which tests of a crate: TESTS="--test system" and the like.
TESTS ?=
NODE_TESTS := tests/clients tests/browser tests/consumers

specs: $(PAGE) $(NODE_TESTS:%=%/node_modules) ## Every test, with servers of its own; CRATE=name for one crate
	$(START_BINARIES)
	tests/with-servers cargo test $(SCOPE) --all-features $(TESTS)

previous: ## The version before, on this version's tables; BASE=revision for another than the newest release
	tests/previous-version

web/node_modules clients/typescript/node_modules $(NODE_TESTS:%=%/node_modules): %/node_modules: %/package-lock.json
	cd $* && $(NPM_CI)
	@touch $@

check: lint scan ## What CI refuses

lint: $(PAGE) ## Format, lints, documentation, architecture
	cd web && npm run check
	cd clients/typescript && npm run check
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --all-features --document-private-items
	tests/with-servers cargo test -p suites --test architecture

# The advisories' database is no registry's: where it can't be reached, they are CI's to check.
ADVISORIES_OPTIONAL ?= true
SCAN := tests/scanners/run
# What tests and examples call themselves by, and keys that tests are signed with.
NO_SECRETS := --exclude target/ --exclude .dev/ --exclude node_modules/ --exclude crates/auth-engine/tests/keys/ --skip-regex 'example\.com:stanley-park' \
  --skip-regex '(hunter2|password|secret|hidden|parlour)@' --skip-regex '^(hunter2|password|secret|hidden|parlour)$$'

scan: $(DENY) $(MACHETE) ## Licences, advisories, unused dependencies, secrets, migrations that lock, typing errors, images, CI
	$(DENY) check licenses bans sources
	$(DENY) check advisories || $(ADVISORIES_OPTIONAL)
	$(MACHETE) bin crates benches tests
	$(SCAN) kingfisher scan . --no-validate --no-update-check --git-history none --redact --quiet $(NO_SECRETS)
	$(SCAN) squawk migrations/*/postgres/*/up.sql
	$(SCAN) typos
	$(SCAN) hadolint docker/Dockerfile docker/development.Dockerfile
	$(SCAN) check-jsonschema --builtin-schema vendor.compose-spec docker/docker-compose*.yml
	$(SCAN) check-jsonschema --builtin-schema vendor.circle-ci .circleci/config.yml

$(DENY):
	cargo install --locked --root $(TOOLS) cargo-deny --version $(DENY_VERSION)

$(MACHETE):
	cargo install --locked --root $(TOOLS) cargo-machete --version $(MACHETE_VERSION)

format: web/node_modules ## Formats the code
	cargo fmt --all
	cd web && npm run format
	cd clients/typescript && npm run format

routes: build ## Method, path and Controller#action of every route
	@$(PARLOUR) routes

doctor: build ## What is wrong with the stores, the secrets and the servers that are set, and the cure
	@$(PARLOUR) doctor

seeds: build ## Alice, Bob, a quiet group and a busy one; SIZE=large for a group of 50,000
	@$(PARLOUR) seed --size $(or $(SIZE),small)

bash: build ## A shell with the project's environment
	@PATH="$(CURDIR)/target/start:$$PATH" exec bash

console: build ## A prompt over the engines; CMD='groups list' runs one line, JSON=1 prints JSON
	@exec $(PARLOUR) console $${CMD:+--command "$$CMD"} $(if $(JSON),--json)

openapi: ## Writes docs/openapi.json from the code
	cargo run -q -p parlour -- openapi > docs/openapi.json

insomnia: ## Writes the Insomnia collection from docs/openapi.json
	node clients/insomnia/collection.mjs > clients/insomnia/parlour.json
