# For GNU make 3.81 and later (macOS, Linux) and any POSIX shell. `make help` lists what there is.

PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
PY = $(BIN)/python
INSTALLED = .venv/installed
COMPILED = .venv/messages-compiled
PYTEST = $(BIN)/pytest -n 2 --dist worksteal
CATALOGUES = $(wildcard digest/common/locale/*/LC_MESSAGES/django.po)

# A key for this run only, where neither the environment nor .env has one.
WITH_KEY = test -n "$$SECRET_KEY" || grep -qs '^SECRET_KEY=' .env || \
	{ SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))'); export SECRET_KEY; }

# Likewise for the demo, but kept: links in the mails of an earlier run are signed with it.
WITH_DEMO_KEY = test -n "$$SECRET_KEY" || grep -qs '^SECRET_KEY=' .env || { test -s var/demo.key || ( umask 077; \
	$(PY) -c 'import secrets; print(secrets.token_urlsafe(60))' > var/demo.key ); \
	SECRET_KEY=$$(cat var/demo.key); export SECRET_KEY; }

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) $(COMPILED) ## the environment in .venv, made once for each change of the constraints

$(INSTALLED): constraints-dev.txt
	@test -x $(PY) || $(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else \
		"Python 3.11 or newer is needed and this is %d.%d; try: make PYTHON=python3.12 setup" % v[:2])'
	@test -x $(PY) || { echo "Making .venv ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing what constraints-dev.txt names ..."
	@$(PY) -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r constraints-dev.txt
	@mkdir -p var
	@touch $@

$(COMPILED): $(INSTALLED) $(CATALOGUES) digest/common/messages.py
	@$(WITH_KEY); $(PY) manage.py messages --compile
	@touch $@

# The demo's key is taken over: links in the mails that it sent are signed with it.
env: $(INSTALLED) ## a .env with a secret key, if there is none
	@test -f .env || { umask 077; key=$$(cat var/demo.key 2>/dev/null || \
		$(PY) -c 'import secrets; print(secrets.token_urlsafe(60))'); \
		echo "SECRET_KEY=$$key" > .env; echo "Made .env."; }

# The demo is for this machine alone: its own SQLite file whatever .env says, no
# address but the local one, and no mail leaves it.
demo: setup ## the portal with the demo archive at http://127.0.0.1:8000/ (PORT=8123 for another port)
	@$(PY) -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null || \
		{ echo "Port $(PORT) is taken or not allowed; choose another: PORT=8765 make demo" >&2; exit 1; }
	@mkdir -p var; $(WITH_DEMO_KEY); \
	SITE_URL=http://127.0.0.1:$(PORT) ALLOWED_HOSTS=127.0.0.1,localhost DEBUG=false; \
	DATABASE_URL="sqlite:///$(CURDIR)/var/snz.sqlite3"; \
	MAIL_TRANSPORT=demo MAIL_STATE_DIR="$(CURDIR)/var/mail" DEMO_SENDER=true; \
	export SITE_URL ALLOWED_HOSTS DEBUG DATABASE_URL MAIL_TRANSPORT MAIL_STATE_DIR DEMO_SENDER; \
	$(PY) manage.py collectstatic --noinput --verbosity 0 && $(PY) manage.py demo && \
	echo "Serving; stop it with Ctrl-C." && \
	exec $(BIN)/granian --interface wsgi --host 127.0.0.1 --port $(PORT) --blocking-threads 4 \
		--log-level warning snz_portal.wsgi:application

test: setup ## the tests, on SQLite and on a PostgreSQL of their own; a sample of the slow ones (9 minutes)
	@unset DATABASE_URL; $(PYTEST)
	@$(PY) -m tests.postgres $(PYTEST) -m "not browser"

test-full: $(addprefix full-,$(or $(PART),browser sqlite postgresql)) ## all tests with all their cases, or a part (PART=browser, sqlite or postgresql)

full-browser: setup
	@unset DATABASE_URL; $(PYTEST) --full -m browser

full-sqlite: setup
	@unset DATABASE_URL; $(PYTEST) --full -m "not browser"

full-postgresql: setup
	@$(PY) -m tests.postgres $(PYTEST) --full -m "not browser"

check: setup ## format, lint, types, layers, migrations, interface texts, production settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(WITH_KEY); set -x; $(PY) manage.py makemigrations --check --dry-run && $(PY) manage.py messages --check
	@$(WITH_KEY); SITE_URL=https://digest.example.org ALLOWED_HOSTS=digest.example.org DEBUG=false; \
	export SITE_URL ALLOWED_HOSTS DEBUG; set -x; $(PY) manage.py check --deploy --fail-level WARNING

bench: setup ## the figures: speed of pages and growth of the archive, beside nginx and plain Django
	@$(PY) -m tests.bench
	@unset DATABASE_URL; $(BIN)/pytest --stopwatch

kill: setup ## the crash table: senders killed, frozen and starved for real (over an hour)
	@$(PY) -m tests.kill

audit: setup ## Lighthouse's scores of the main pages in all languages (needs npm and Chromium)
	@$(PY) -m tests.audit

lock: $(INSTALLED) ## newest versions that pyproject.toml allows, with hashes, into the constraints files
	@test -x .venv/lock/bin/uv || { $(PY) -m venv .venv/lock && .venv/lock/bin/pip install --quiet uv; }
	@for group in "--output-file constraints.txt" "--group dev --output-file constraints-dev.txt"; do \
		.venv/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-annotate --no-header pyproject.toml $$group || exit 1; done

clean: ## all that can be made again; the database and the pictures in var/ stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache var/static var/pages
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find digest -name '*.mo' -exec rm -f {} +

.PHONY: help setup env demo test test-full full-browser full-sqlite full-postgresql check bench kill audit lock clean
