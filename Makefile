# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
WEB := dashboard/web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/index.html $(WEB)/package-lock.json $(WEB)/vite.config.ts -type f 2>/dev/null)

.PHONY: help demo build web test tools check check-go check-web race fuzz kill soak bench shots clean

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
