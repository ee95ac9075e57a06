# tamis: `make help` lists what can be made.

CC ?= cc
ifeq ($(origin CC),default)
CC = gcc
endif
ifeq ($(origin CXX),default)
CXX = g++
endif
# V=1 shows the commands.
Q := $(if $(V),,@)
PREFIX ?= /usr/local
DESTDIR ?=

# SAN=address,undefined or SAN=thread builds with sanitizers, in a folder of its own. DEV=1 turns warnings into errors.
SAN ?=
comma := ,
BUILD := build$(if $(SAN),/$(subst $(comma),-,$(SAN)))

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wpointer-arith -Wvla -Wundef -Wformat=2 -Wwrite-strings \
        -Wconversion $(if $(DEV),-Werror)
WARN_C := -Wstrict-prototypes -Wmissing-prototypes
OPT ?= $(if $(SAN),-O2,-O3)
COMMON := $(OPT) -g -fPIC -ffp-contract=off -fno-math-errno -fvisibility=hidden -fopenmp -D_XOPEN_SOURCE=700 \
          -Iinclude -Isrc -Ifilters -Iscorers -I$(BUILD) -MMD -MP $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
ALL_CFLAGS := -std=c11 $(COMMON) $(WARN) $(WARN_C) $(CFLAGS)
ALL_CXXFLAGS := -std=c++17 $(COMMON) $(WARN) $(CXXFLAGS)
LIBS := -lzstd -lxxhash -lpcre2-8 -lyaml -lsimdjson -lutf8proc -lcld2 -lisal -lm -lpthread
LINK := $(CXX) -fopenmp $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS)

C_SOURCES := $(sort $(wildcard src/*/*.c filters/*.c scorers/*.c))
CC_SOURCES := $(sort $(wildcard src/*/*.cc))
PACKS := $(sort $(wildcard filters/packs/*.yaml))
LIB_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out src/cmd/%,$(C_SOURCES))) $(CC_SOURCES:%.cc=$(BUILD)/obj/%.o)
CMD_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter src/cmd/%,$(C_SOURCES)))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAYS := $(FUZZERS:%=$(BUILD)/replay/%)

PACKAGES := gcc g++ libc6-dev zstd libzstd-dev libxxhash-dev libpcre2-dev libyaml-dev libsimdjson-dev libutf8proc-dev \
            libcld2-dev libisal-dev libopenblas-dev
TEST_PACKAGES := libcmocka-dev python3 jq clang clang-tidy libclang-rt-14-dev libomp-dev gzip
sudo = $(shell test "$$(id -u)" = 0 || echo sudo)

.PHONY: all help
all: $(BUILD)/tamis $(BUILD)/libtamis.a ## build the program and the library

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

$(BUILD)/packs.inc: $(PACKS) filters/packs/embed.sh
	@mkdir -p $(@D)
	$(Q)sh filters/packs/embed.sh $(PACKS) > $@.tmp && mv $@.tmp $@
$(BUILD)/obj/filters/packs.o: $(BUILD)/packs.inc

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c $< -o $@
$(BUILD)/obj/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(Q)$(CXX) $(ALL_CXXFLAGS) -c $< -o $@

# Files made for one instruction set are compiled for it; the program chooses among them when it runs.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine)),)
$(BUILD)/obj/%_avx2.o: ALL_CFLAGS += -mavx2 -mbmi -mbmi2 -mlzcnt -mpopcnt
$(BUILD)/obj/%_avx512.o: ALL_CFLAGS += -mavx2 -mbmi -mbmi2 -mlzcnt -mpopcnt -mavx512f -mavx512bw -mavx512dq \
                                       -mavx512vl -mavx512vbmi2
endif

$(BUILD)/libtamis.a: $(LIB_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(BUILD)/tamis: $(CMD_OBJECTS) $(BUILD)/libtamis.a
	$(Q)$(LINK) $^ $(LIBS) -o $@

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libtamis.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -Itests/unit -c $< -o $@.o
	$(Q)$(LINK) $@.o $(BUILD)/libtamis.a -lcmocka $(LIBS) -o $@
.PRECIOUS: $(BUILD)/tests/%

# Each fuzzer is also a plain program that replays its corpus in the ordinary tests.
$(BUILD)/replay/%: tests/fuzz/fuzz_%.c $(BUILD)/libtamis.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -DREPLAY_MAIN -c $< -o $@.o
	$(Q)$(LINK) $@.o $(BUILD)/libtamis.a $(LIBS) -o $@

-include $(sort $(shell find build $(BUILD) -type f -name '*.d' 2>/dev/null))

.PHONY: deps deps-test corpora demo test check-long lint fuzz bench bless install clean
deps: ## install what the build needs, by package name
	@sh .ci/packages.sh "$(sudo)" $(PACKAGES)
deps-test: deps ## install what the tests need
	@sh .ci/packages.sh "$(sudo)" $(TEST_PACKAGES)

corpora: deps ## make the sample corpora from Debian packages, in build/corpora
	@sh corpora/build.sh build/corpora

demo: deps ## install, build, make the sample corpora and run the main job on them
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory corpora
	@sh corpora/demo.sh

test: deps-test ## run all tests
	@$(MAKE) --no-print-directory -j2 DEV=1 all unit-tests
	@$(MAKE) --no-print-directory -j2 DEV=1 SAN=address,undefined all unit-tests
	@$(MAKE) --no-print-directory -j2 DEV=1 SAN=thread CC=clang CXX=clang++ all unit-tests
	@sh tests/run.sh

.PHONY: unit-tests
unit-tests: $(UNIT_TESTS) $(REPLAYS)

FUZZ_SECONDS ?= 60
fuzz: deps-test ## fuzz each fuzzer for FUZZ_SECONDS; what breaks is kept in build/fuzz
	@$(MAKE) --no-print-directory -j2 SAN=fuzzer-no-link,address CC=clang CXX=clang++ build/fuzzer-no-link-address/libtamis.a
	@for name in $(FUZZERS); do mkdir -p build/fuzz/$$name && \
	    clang -std=c11 -D_XOPEN_SOURCE=700 -g -Iinclude -Isrc -fopenmp -fsanitize=fuzzer,address -c tests/fuzz/fuzz_$$name.c -o build/fuzz/$$name.o && \
	    clang++ -fopenmp -fsanitize=fuzzer,address build/fuzz/$$name.o build/fuzzer-no-link-address/libtamis.a $(LIBS) -o build/fuzz/$$name.fuzzer && \
	    build/fuzz/$$name.fuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=build/fuzz/ build/fuzz/$$name tests/fuzz/corpus/$$name || exit 1; done

lint: deps-test ## clang-tidy over every source, at zero warnings
	@sh .ci/lint.sh $(C_SOURCES)

check-long: test ## tests that take longer
	@sh tests/long.sh

bench: deps-test all ## measure
	@sh bench/run.sh

bless: all ## rewrite the expected outputs of the command-line cases
	@BLESS=1 sh tests/run.sh cli

install: all ## install under PREFIX
	install -D -m 755 $(BUILD)/tamis $(DESTDIR)$(PREFIX)/bin/tamis
	install -D -m 644 $(BUILD)/libtamis.a $(DESTDIR)$(PREFIX)/lib/libtamis.a
	install -D -m 644 include/tamis.h $(DESTDIR)$(PREFIX)/include/tamis.h

clean: ## remove what was built (the sample corpora stay)
	find build -mindepth 1 -maxdepth 1 ! -name corpora ! -name packages -exec rm -rf {} +
