"""Reading and checking environment variables, for the settings."""

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
environ.Env.read_env(Path(__file__).resolve().parent.parent / ".env")


def read_bool(name: str) -> bool:
    """Return whether a variable is `true`; the default is false."""
    value: str = env.str(name, default="false").lower()
    if value not in ("true", "false"):
        raise ImproperlyConfigured(f"{name}: expected true or false, got {value!r}")
    return value == "true"


def read_int(name: str, default: int, minimum: int = 1) -> int:
    """Return a whole number of at least `minimum`."""
    value: str = env.str(name, default=str(default))
    if not value.isdecimal() or int(value) < minimum:
        raise ImproperlyConfigured(f"{name}: expected a whole number of at least {minimum}, got {value!r}")
    return int(value)


def read_text(name: str, default: str, pattern: str, expected: str) -> str:
    """Return a text that matches a regular expression. `expected` describes it in the error message."""
    value: str = env.str(name, default=default)
    if not re.fullmatch(pattern, value):
        raise ImproperlyConfigured(f"{name}: expected {expected}, got {value!r}")
    return value
