# Timesheets: every task is a target here. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDEXPANSION:

# --- what to build -------------------------------------------------------------
# VARIANT: release (default), debug, asan (address + undefined behaviour), coverage, fuzz (clang)
VARIANT ?= release
CC := gcc
BUILD := build/$(VARIANT)
VERSION := 0.1.0

WARN := -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum -Wnull-dereference \
	-Wconversion -Wno-sign-conversion -Werror
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -fno-common
CFLAGS_release  := -O2 -g $(HARDEN)
CFLAGS_debug    := -O0 -g3
CFLAGS_asan     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DTS_NO_POOL
CFLAGS_coverage := -O0 -g --coverage -DTS_NO_POOL
CFLAGS_fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DTS_NO_POOL
LDFLAGS_release  := -pie -Wl,-z,relro,-z,now
LDFLAGS_asan     := -fsanitize=address,undefined
LDFLAGS_coverage := --coverage
LDFLAGS_fuzz     := -fsanitize=address,undefined
ifeq ($(VARIANT),fuzz)
CC := clang
endif

# Asked once, and only when something is compiled.
DB_CFLAGS = $(eval DB_CFLAGS := $$(shell pkg-config --cflags mysqlclient))$(DB_CFLAGS)
DB_LIBS   = $(eval DB_LIBS := $$(shell pkg-config --libs mysqlclient))$(DB_LIBS)
CPPFLAGS := -D_GNU_SOURCE -DTS_VERSION='"$(VERSION)"' -Iinclude
CFLAGS := -std=gnu17 $(WARN) $(CFLAGS_$(VARIANT))
LDFLAGS := $(LDFLAGS_$(VARIANT))

# --- layers (design section 2): a layer is linked with those it may use, so a wrong call does not link
LAYERS := util json http auth domain store api worker admin
USES_util   := util
USES_domain := domain util
USES_json   := json util
USES_http   := http json util
USES_auth   := auth http json util
USES_store  := store domain util
USES_api    := api store domain auth http json util
USES_worker := worker $(USES_api)
USES_admin  := admin $(USES_api)
LIBS_util   := -ltalloc
LIBS_domain := $(LIBS_util)
LIBS_json   := $(LIBS_util) -ljson-c
LIBS_http   := $(LIBS_json) -lfcgi
LIBS_auth   := $(LIBS_http) -ljwt -lcurl -lcrypto
LIBS_store   = $(LIBS_util) $(DB_LIBS)
LIBS_api     = $(LIBS_auth) $(DB_LIBS)
LIBS_worker  = $(LIBS_api)
# of the API it needs the audit trail, not the rest with its libraries
LIBS_admin   = -Wl,--as-needed $(LIBS_api)

sources = $(filter-out %/main.c,$(wildcard src/$(1)/*.c))
objects = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(call sources,$(1)))
archive = $(BUILD)/lib/lib$(1).a
archives = $(foreach l,$(USES_$(1)),$(call archive,$(l)))
# the layer of a module name: test_entry -> the folder below src/ that holds entry.c
layer_of = $(or $(notdir $(patsubst %/,%,$(dir $(wildcard src/*/$(1).c)))),api)

PROGRAMS := $(BUILD)/timesheets-api $(BUILD)/timesheets-admin
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

# --- help ----------------------------------------------------------------------
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- build ---------------------------------------------------------------------
build: $(PROGRAMS) $(BUILD)/docs.html $(BUILD)/docs.css ## compile the programs (VARIANT=release|debug|asan|coverage)

$(BUILD)/timesheets-api: $(BUILD)/obj/worker/main.o $$(call archives,worker) $(BUILD)/flags
	@echo "  LD   $@"
	@$(CC) $(LDFLAGS) -o $@ $(BUILD)/obj/worker/main.o $(call archives,worker) $(LIBS_worker)
$(BUILD)/timesheets-admin: $(BUILD)/obj/admin/main.o $$(call archives,admin) $(BUILD)/flags
	@echo "  LD   $@"
	@$(CC) $(LDFLAGS) -o $@ $(BUILD)/obj/admin/main.o $(call archives,admin) $(LIBS_admin)

# The reference page, made of the tables that the program serves by; nginx serves it as a file.
$(BUILD)/docs.html: $(BUILD)/timesheets-api
	@$< --print-reference >$@
$(BUILD)/docs.css: docs/reference.css
	@cp $< $@

openapi: $(BUILD)/timesheets-api ## write docs/openapi.json anew
	@$< --print-openapi >docs/openapi.json

define archive_rule
$(call archive,$(1)): $(call objects,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(l))))

$(BUILD)/obj/store/%.o: CPPFLAGS += $(DB_CFLAGS)
$(BUILD)/obj/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Changed flags rebuild what they concern.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(CFLAGS) $(LDFLAGS) $(VERSION)' | cmp -s - $@ || printf '%s\n' '$(CC) $(CFLAGS) $(LDFLAGS) $(VERSION)' > $@
FORCE:

# --- unit tests and fuzz targets -------------------------------------------------
# those of the store may look at its statements
$(BUILD)/unit/test_store_%: CPPFLAGS += $(DB_CFLAGS)
$(BUILD)/unit/test_explain: CPPFLAGS += $(DB_CFLAGS) # it reads the list of statements
$(BUILD)/unit/test_%: tests/unit/test_%.c $$(call archives,$$(call layer_of,$$*)) $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  TEST $<"
	@$(CC) $(CPPFLAGS) -Itests/unit $(CFLAGS) -MMD -MP -MF $@.d -o $@ $< $(call archives,$(call layer_of,$*)) $(LDFLAGS) $(LIBS_$(call layer_of,$*)) -lcheck -lsubunit -lm -lrt -lpthread

# Without clang's engine a target replays its corpus (tests/fuzz/replay.c is the main).
FUZZ_MAIN = $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer,tests/fuzz/replay.c)
$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $$(call archives,$$(call layer_of,$$*)) $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	@$(CC) $(CPPFLAGS) $(CFLAGS) -o $@ $< $(FUZZ_MAIN) $(call archives,$(call layer_of,$*)) $(LDFLAGS) $(LIBS_$(call layer_of,$*))

# --- data for measurements -------------------------------------------------------
DATA_SOURCES := $(wildcard tests/bench/data/*.c)
$(BUILD)/bench/generate: $(DATA_SOURCES) $(wildcard tests/bench/data/*.h) $$(call archives,admin) $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "  LD   $@"
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(DATA_SOURCES) $(call archives,admin) $(LIBS_admin)

-include $(wildcard $(BUILD)/obj/*/*.d $(BUILD)/unit/*.d)

.PHONY: help build openapi FORCE

# --- run -------------------------------------------------------------------------
AS ?= employee
# ports that are not chosen here have their defaults in scripts/lib/defaults.sh
PORTS = $(if $(PORT),--port $(PORT)) $(if $(HTTP_PORT),--http-port $(HTTP_PORT)) $(if $(TENANT_PORT),--tenant-port $(TENANT_PORT))

packages: ## install the Debian packages that run and build need
	@scripts/install-packages run

run: packages ## install what is needed, build, start everything below var/ (PORT, HTTP_PORT, TENANT_PORT)
	@$(MAKE) --no-print-directory VARIANT=release build
	@scripts/stack up --company $(PORTS)

stop: ## end what `make run` started
	@scripts/stack down

status: ## show what runs
	@scripts/stack status

token: ## print an access token: make -s token AS=employee|contractor|manager|admin|nobody|machine
	@scripts/token $(AS)

# --- tests -----------------------------------------------------------------------
CORPORA = $(foreach f,$(FUZZERS),$(f) tests/fuzz/corpus/$(patsubst fuzz_%,%,$(notdir $(f))))
RUN_UNIT ?=

unit: $(UNIT_TESTS) ## unit tests, with a private database for those that need one
	@scripts/testdb run -- tests/unit/run $(BUILD)/unit

corpora: $(FUZZERS) ## replay the fuzz targets' corpora
	@for f in $(FUZZERS); do n=$${f##*/fuzz_}; $$f tests/fuzz/corpus/$$n; done

check: build unit corpora ## the quick checks (also: make VARIANT=asan check)
	@$(BUILD)/timesheets-api --print-openapi | cmp - docs/openapi.json || { echo 'docs/openapi.json is not what the tables say: make openapi'; false; }
	@scripts/check-layers
	@$(if $(filter release debug,$(VARIANT)),scripts/check-banned $(BUILD),:)

# Those that own memory or outside objects; the others are exhaustive over numbers and texts (the sanitizers
# run them), or make allocations fail themselves, which valgrind's allocator does not let them.
VALGRIND_TESTS = audit buf claims db etag faults http jwks jwt me page people period_lock \
	problem projects query route seal sources store_decisions store_entries store_people \
	store_projects store_sources store_weeks token_cache tx write
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite

valgrind: ## the unit tests of what owns memory, under valgrind
	@$(MAKE) --no-print-directory VARIANT=debug $(VALGRIND_TESTS:%=build/debug/unit/test_%)
	@RUNNER="$(VALGRIND)" scripts/testdb run -- tests/unit/run build/debug/unit $(VALGRIND_TESTS:%=test_%)

coverage: ## branch coverage of the auth and json folders, in build/coverage
	@$(MAKE) --no-print-directory VARIANT=coverage unit corpora
	@gcovr --root . --object-directory build/coverage --filter 'src/(auth|json)/' --branches --exclude-throw-branches --print-summary --html-details build/coverage/index.html

lint: ## formatter, both compilers, clang-tidy, cppcheck, shellcheck, Biome, Redocly
	@scripts/lint

format: ## lay out the C code
	@clang-format -i $$(git ls-files '*.c' '*.h')

integration: build ## tests through nginx against the real database and tenant
	@tests/integration/run

contract: build ## requests made from docs/openapi.json (SEED, REQUESTS), through nginx
	@tests/contract/run $(if $(SEED),--seed $(SEED)) $(if $(REQUESTS),--requests $(REQUESTS))

tenant-test: ## the dev tenant's own tests
	@cd scripts/tenant && ../with-node npm ci --no-audit --no-fund --ignore-scripts && ../with-node npm test

chaos: build ## faults under load (some minutes)
	@tests/chaos/run

bench: build ## CPU and latency beside what users would pick instead; every endpoint at 1.5 million entries
	@tests/bench/run
	@tests/bench/endpoints

fuzz: ## run every fuzz target for SECONDS (default 60) each
	@$(MAKE) --no-print-directory VARIANT=fuzz build/fuzz/.fuzzers
	@for f in build/fuzz/fuzz/fuzz_*; do n=$${f##*/fuzz_}; [ -x $$f ] && mkdir -p build/fuzz/found/$$n && $$f -max_total_time=$${SECONDS_EACH:-60} -print_final_stats=1 build/fuzz/found/$$n tests/fuzz/corpus/$$n; done

$(BUILD)/.fuzzers: $(FUZZERS)
	@touch $@

test: ## install what the tests need, then run all of them
	@scripts/install-packages run test
	@scripts/test-all

clean: ## remove what was built
	rm -rf build

.PHONY: packages run stop status token unit corpora check valgrind coverage lint format integration contract tenant-test chaos bench fuzz test clean
