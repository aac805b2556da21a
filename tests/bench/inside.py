"""Run one part of the bench inside a portal of its own: python -m tests.bench.inside PART [ARGUMENT ...]."""

import sys
from importlib import import_module

import django
from django.core.management import call_command

from tests.bench.machine import end_politely


def main(part: str, *arguments: str) -> None:
    """The environment is `house.environment`'s; the database is made here."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    # Models can be had only now.
    import_module(f"tests.bench.{part}").main(*arguments)


if __name__ == "__main__":
    end_politely()
    main(*sys.argv[1:])
