#!/bin/sh
# Postfix's pipe for bounces: docs/bounces.md. 75 makes Postfix keep the report and try again.
cd /srv/snz && .venv/bin/python manage.py receive_bounce --recipient "$1" || exit 75
