# For GNU make 3.81 and later (macOS, Linux) and any POSIX shell. `make help` lists what there is.

PYTHON ?= python3
PORT ?= 8000
BIN = .venv/bin
PY = $(BIN)/python
INSTALLED = .venv/installed
COMPILED = .venv/messages-compiled
PYTEST = $(BIN)/pytest -n 2 --dist worksteal
CATALOGUES = $(wildcard digest/common/locale/*/LC_MESSAGES/django.po)

# Use a temporary key if neither the environment nor .env has one.
WITH_KEY = test -n "$$SECRET_KEY" || grep -qs '^SECRET_KEY=' .env || \
	{ SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(60))'); export SECRET_KEY; }

# The same for the demo, but keep the key: links in emails of earlier runs are signed with it.
WITH_DEMO_KEY = test -n "$$SECRET_KEY" || grep -qs '^SECRET_KEY=' .env || { test -s var/demo.key || ( umask 077; \
	$(PY) -c 'import secrets; print(secrets.token_urlsafe(60))' > var/demo.key ); \
	SECRET_KEY=$$(cat var/demo.key); export SECRET_KEY; }

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: $(INSTALLED) $(COMPILED) ## create .venv, again after each change of the constraints

$(INSTALLED): constraints-dev.txt
	@test -x $(PY) || $(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else \
		"Python 3.11 or newer is needed and this is %d.%d; try: make PYTHON=python3.12 setup" % v[:2])'
	@test -x $(PY) || { echo "Creating .venv ..."; $(PYTHON) -m venv .venv; }
	@echo "Installing constraints-dev.txt ..."
	@$(PY) -m pip install --quiet --no-input --disable-pip-version-check --require-hashes -r constraints-dev.txt
	@mkdir -p var
	@touch $@

$(COMPILED): $(INSTALLED) $(CATALOGUES) digest/common/messages.py
	@$(WITH_KEY); $(PY) manage.py messages --compile
	@touch $@

# Use the key of the demo if there is one: links in emails it sent are signed with it.
env: $(INSTALLED) ## create .env with a secret key, unless it exists
	@test -f .env || { umask 077; key=$$(cat var/demo.key 2>/dev/null || \
		$(PY) -c 'import secrets; print(secrets.token_urlsafe(60))'); \
		echo "SECRET_KEY=$$key" > .env; echo "Created .env."; }

# The demo is for this machine only: it ignores the database in .env, listens on the
# local address and sends no email.
demo: setup ## run the portal with the demo archive at http://127.0.0.1:8000/ (PORT=8123 for another port)
	@$(PY) -c 'import socket; socket.create_server(("127.0.0.1", $(PORT))).close()' 2>/dev/null || \
		{ echo "Port $(PORT) is not available; choose another: PORT=8765 make demo" >&2; exit 1; }
	@mkdir -p var; $(WITH_DEMO_KEY); \
	SITE_URL=http://127.0.0.1:$(PORT) ALLOWED_HOSTS=127.0.0.1,localhost DEBUG=false; \
	DATABASE_URL="sqlite:///$(CURDIR)/var/snz.sqlite3"; \
	MAIL_TRANSPORT=demo MAIL_STATE_DIR="$(CURDIR)/var/mail" DEMO_SENDER=true; \
	export SITE_URL ALLOWED_HOSTS DEBUG DATABASE_URL MAIL_TRANSPORT MAIL_STATE_DIR DEMO_SENDER; \
	$(PY) manage.py collectstatic --noinput --verbosity 0 && $(PY) manage.py demo && \
	echo "Serving the demo; stop it with Ctrl-C." && \
	exec $(BIN)/granian --interface wsgi --host 127.0.0.1 --port $(PORT) --blocking-threads 4 \
		--log-level warning snz_portal.wsgi:application

test: setup ## run the tests on SQLite and a temporary PostgreSQL, with a sample of the slow ones (9 minutes)
	@unset DATABASE_URL; $(PYTEST)
	@$(PY) -m tests.postgres $(PYTEST) -m "not browser"

test-full: $(addprefix full-,$(or $(PART),browser sqlite postgresql)) ## run all tests with all cases, or a part (PART=browser, sqlite or postgresql)

full-browser: setup
	@unset DATABASE_URL; $(PYTEST) --full -m browser

full-sqlite: setup
	@unset DATABASE_URL; $(PYTEST) --full -m "not browser"

full-postgresql: setup
	@$(PY) -m tests.postgres $(PYTEST) --full -m "not browser"

check: setup ## check format, lint, types, layers, templates, migrations, messages and production settings
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djade --check --target-version 5.2 $$(find templates tests -name '*.html')
	$(PY) -m tests.layout
	@$(WITH_KEY); set -x; $(PY) manage.py makemigrations --check --dry-run && $(PY) manage.py messages --check
	@$(WITH_KEY); SITE_URL=https://digest.example.org ALLOWED_HOSTS=digest.example.org DEBUG=false; \
	export SITE_URL ALLOWED_HOSTS DEBUG; set -x; $(PY) manage.py check --deploy --fail-level WARNING

bench: setup ## run the benchmarks: pages, email and growth, compared with nginx and plain Django
	@$(PY) -m tests.bench
	@unset DATABASE_URL; $(BIN)/pytest --stopwatch

kill: setup ## run the crash tests of the email sender (over an hour)
	@$(PY) -m tests.kill

audit: setup ## measure Lighthouse scores of the main pages in all languages (needs npm and Chromium)
	@$(PY) -m tests.audit

lock: $(INSTALLED) ## update the constraints files to the newest versions that pyproject.toml allows
	@test -x .venv/lock/bin/uv || { $(PY) -m venv .venv/lock && .venv/lock/bin/pip install --quiet uv; }
	@for group in "--output-file constraints.txt" "--group dev --output-file constraints-dev.txt"; do \
		.venv/lock/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-annotate --no-header pyproject.toml $$group || exit 1; done

clean: ## remove generated files; keeps the database and the pictures in var/
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache var/static var/pages
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@find digest -name '*.mo' -exec rm -f {} +

.PHONY: help setup env demo test test-full full-browser full-sqlite full-postgresql check bench kill audit lock clean
