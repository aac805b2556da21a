"""How log lines are written: what a client did wrong takes one line, what we did wrong its traceback."""

import copy
import logging
import re

# Whoever has such an address can act for a subscriber.
_TOKEN = re.compile(r"(/(?:u|confirm|not-me|preferences|address)/)[\w%-]{20,}")


class OneLine(logging.Formatter):
    """Leaves the traceback off answers of 400 to 499: scanners make thousands of them, and none is our error.

    Tokens in the addresses of pages are left out of every line.
    """

    def format(self, record: logging.LogRecord) -> str:
        if 400 <= getattr(record, "status_code", 0) < 500:
            record = copy.copy(record)  # other handlers see all of it
            record.exc_info = record.exc_text = None
            return _TOKEN.sub(r"\1…", " ".join(super().format(record).splitlines()))
        return _TOKEN.sub(r"\1…", super().format(record))
