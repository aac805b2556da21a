"""Issue numbers: `17`, or `13-2` for the second part of issue 13."""

import re
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

PATTERN = r"[1-9][0-9]{0,3}(?:-[1-9][0-9]?)?"
_NUMBER = re.compile(PATTERN, re.ASCII)


class IssueNumber(NamedTuple):
    """(17, 0) or (13, 2); tuples sort as issues do: 9 < 10 < 13-2 < 15-1 < 17."""

    whole: int
    part: int


def parse_number(text: str) -> IssueNumber:
    """`"13-2"` -> (13, 2). Raises ValidationError for anything that is not an issue number."""
    if not _NUMBER.fullmatch(text):
        raise ValidationError(_("Enter an issue number such as 17 or 13-2."), code="issue_number")
    whole, _sep, part = text.partition("-")
    return IssueNumber(int(whole), int(part or 0))


def validate_number(text: str) -> None:
    """A validator for issue numbers."""
    parse_number(text)
