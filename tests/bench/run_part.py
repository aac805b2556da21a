"""Run one benchmark in a temporary portal: python -m tests.bench.run_part PART [ARGUMENT ...]."""

import sys
from importlib import import_module

import django
from django.core.management import call_command

from tests.bench.processes import exit_on_sigterm


def main(part: str, *arguments: str) -> None:
    """Create the database and run the part, in the environment of `temporary_portal`."""
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    # Imported here, because models need Django to be set up.
    import_module(f"tests.bench.{part}").main(*arguments)


if __name__ == "__main__":
    exit_on_sigterm()
    main(*sys.argv[1:])
