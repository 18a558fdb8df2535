# Патронат: what is done with the project. `make` alone prints this list.
VENV   := .venv
PYTHON := $(VENV)/bin/python
FLASK  := PATRONAT_LOCAL=1 $(VENV)/bin/flask --app run
WORDS  := translations/ru/LC_MESSAGES/messages
PORT   ?= 8000
SIZES  ?= 300 10000 100000

# Python with its memory in huge pages (tests/memory.py): on a virtual machine the suite takes a fraction of the time.
ROOMY  := PYTHONMALLOC=malloc GLIBC_TUNABLES=glibc.malloc.hugetlb=1

.DEFAULT_GOAL := help
.PHONY: help run test checks suite lint types faults deployment bench words guide docs migration lock clean

help:  ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: $(VENV)/production $(WORDS).mo  ## set everything up and serve a demo bank on this machine (PORT=8000)
	@$(FLASK) bank install
	@$(FLASK) bank demo --if-empty --port $(PORT)
	@PORT=$(PORT) $(PYTHON) run.py

test: $(VENV)/development $(WORDS).mo  ## set everything up and run every check and test
	@$(MAKE) --no-print-directory --jobs=2 checks suite

checks: lint types

suite:
	$(ROOMY) $(PYTHON) -m pytest -n auto

lint: $(VENV)/development $(WORDS).mo  ## style and layers of imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(PYTHON) deploy/audit.py

types: $(VENV)/development  ## types of the whole application
	$(ROOMY) $(VENV)/bin/mypy

faults: $(VENV)/development $(WORDS).mo  ## the long set of faults: processes killed a hundred times
	FAULTS=100 $(PYTHON) -m pytest -n 0 tests/faults

deployment: $(VENV)/production  ## walk docs/deployment.md in a bare Debian: sudo make deployment ROOT=folder (deploy/walk.py)
	$(PYTHON) deploy/walk.py $(ROOT)

bench: $(VENV)/development $(WORDS).mo  ## measure beside the best tools: make bench SIZES="300 10000"
	$(PYTHON) -m benchmarks $(SIZES)

words: $(VENV)/development  ## collect the words of the interface into the Russian catalogue
	$(VENV)/bin/pybabel -q extract -F babel.cfg -k _ -k lazy_gettext --no-location --sort-output --no-wrap -o translations/messages.pot .
	$(VENV)/bin/pybabel -q update -i translations/messages.pot -d translations -l ru --no-fuzzy-matching --ignore-obsolete --no-wrap
	@rm translations/messages.pot

guide: $(VENV)/development $(WORDS).mo  ## take the pictures of docs/guide again, in a browser over the demo bank
	GUIDE=write CI=true $(PYTHON) -m pytest -n 0 tests/browser/test_guide.py

docs: $(VENV)/development  ## write the book of indicators (docs/indicators.md) again from the declarations
	BOOK=write $(PYTHON) -m pytest -n 0 tests/reports/test_book.py

migration: $(VENV)/development  ## write the next migration: make migration NAME=0002 MESSAGE="what changes"
	$(FLASK) db migrate --rev-id $(NAME) -m "$(MESSAGE)"

lock:  ## pin every package again after a change of requirements.in or requirements-dev.in
	rm -rf .lock && python3 -m venv .lock
	.lock/bin/pip install --quiet --disable-pip-version-check -r requirements.in
	(sed -n 1p requirements.txt; .lock/bin/pip freeze) > .lock/production && cp .lock/production requirements.txt
	.lock/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.in
	(sed -n 1,2p requirements-dev.txt; .lock/bin/pip freeze | grep -vxFf requirements.txt) > .lock/development
	cp .lock/development requirements-dev.txt && rm -rf .lock

clean:  ## remove what was set up, keep the bank in instance/
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(WORDS).mo: $(WORDS).po $(VENV)/production
	@$(VENV)/bin/pybabel -q compile -d translations

$(VENV)/production: requirements.txt
	@test -x $(PYTHON) || python3 -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/development: requirements-dev.txt $(VENV)/production
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
