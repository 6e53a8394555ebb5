# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
WEB := dashboard/web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/index.html $(WEB)/package-lock.json $(WEB)/vite.config.ts -type f 2>/dev/null)

.PHONY: help demo build web test tools check check-go check-web race fuzz soak bench simulate shots clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: build ## build everything and run a live community on http://127.0.0.1:8080
	./bin/steward demo $(DEMO_ARGS)

build: web ## the binary with its page, into bin/
	@command -v go >/dev/null || { echo "make build: go is missing: install the version named in go.mod" >&2; exit 1; }
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/steward ./cmd/steward

web: $(WEB)/dist/index.html ## the page, into dashboard/web/dist

$(WEB)/node_modules/.package-lock.json: $(WEB)/package-lock.json
	@command -v npm >/dev/null || { echo "make web: npm is missing: install Node.js 20 or newer" >&2; exit 1; }
	cd $(WEB) && npm ci --no-audit --no-fund
	@touch $@

$(WEB)/dist/index.html: $(WEB_SOURCES) $(WEB)/node_modules/.package-lock.json
	cd $(WEB) && npm run --silent build
	@touch $@

test: tools check race ## everything CI runs: formats, vet, staticcheck, page checks, race, end-to-end and browser tests

tools: ## install what the tests need
	@.ci/tools

check: check-go check-web

check-go:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$unformatted" ] || { echo "gofmt these files: $$unformatted" >&2; exit 1; }
	go vet ./...
	go tool staticcheck ./...

check-web: web
	cd $(WEB) && npm run --silent check && npm test --silent

race: web
	go test -race -timeout 40m ./...

fuzz: ## every fuzz target for FUZZTIME (default 30s)
	@for package in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
	    echo "$$package $$target"; \
	    go test $$package -run '^$$' -fuzz "^$$target$$" -fuzztime $(or $(FUZZTIME),30s); \
	  done; \
	done

soak: web ## watch the demo for ten minutes, and kill a gateway fifty times, five times over
	STEWARD_DEMO_TIME=10m go test ./cmd/steward -run 'TestDemo' -v -timeout 20m
	go test ./cmd/steward -run 'TestKill' -count 5 -v -timeout 30m

simulate: ## ten thousand random lives of alarms and tickets, undisturbed and killed; STEWARD_SEED=n lives one
	STEWARD_SEEDS=$${STEWARD_SEEDS:-10000} go test ./rules -run 'TestSimulatedLives$$' -v -timeout 60m | grep -v -e '=== ' -e '--- PASS.*seed='

bench: tools ## the README's table: whole gateway between real parts, then part by part
	go test ./cmd/steward -run '^$$' -bench . -benchtime 1x -timeout 30m
	go test $$(go list ./... | grep -v cmd/) -run '^$$' -bench . -benchmem

shots: build ## photograph every page of a demo, at every size, in both languages and themes, into dashboard/web/e2e/shots, and the README's pictures
	cd $(WEB) && node e2e/photos.mjs $(PHOTOS)
	mkdir -p dashboard/docs && cd $(WEB)/e2e/shots/photos && cp desk-en-light-overview.png desk-zh-dark-mimic.png phone-zh-light-asset.png ../../../../docs/

clean: ## remove what was built and installed into this folder
	rm -rf bin .tools dashboard/web/node_modules dashboard/web/dist/static dashboard/web/dist/index.html
