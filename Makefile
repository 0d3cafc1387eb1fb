# SPDX-License-Identifier: Apache-2.0
#
#   make            build/tidemill, optimized; installs what it needs first
#   make run        the quick start: sample events into SQLite, day by day
#   make test       everything that CI runs; `make test STAGES="unit pytest"` runs a part of it
#   make lint       formatters and linters only        make format   formats
#   make bench      measures, beside the limits of this machine
#   make torture    kills and faults for as long as one likes, where `make test` takes minutes
#   make install    into PREFIX, /usr/local unless given; DESTDIR is respected
#   make clean

PREFIX := /usr/local
STAGES :=
QUICKSTART := examples/quickstart

.PHONY: all run test lint format bench torture install clean
.SILENT:

all:
	tools/install build
	tools/build release

run: all
	mkdir -p build/quickstart
	cp -r $(QUICKSTART)/. build/quickstart
	cd build/quickstart && ../tidemill sample --rows 100000 events.ndjson
	cd build/quickstart && ../tidemill run

test:
	tools/test $(STAGES)

lint:
	tools/install test
	tools/build test
	tools/check_layers --sizes
	tools/lint

format:
	tools/install test
	tools/lint --fix format ruff

bench: all
	bench/run

torture:
	tools/install test
	tools/build test
	tests/kill/torture
	tests/model/nights/torture
	tests/model/mapping/torture
	tests/power/torture
	tests/fault/torture
	tests/wire/torture
	tests/tworuns/torture
	tests/tworuns/takeovers
	tools/build fuzz
	tools/build fuzz-fast
	tests/fuzz/torture

install: all
	meson configure build/release -Dprefix=$(PREFIX)
	meson install -C build/release --no-rebuild --quiet \
	    $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	rm -rf build
