"""What a request's headers ask of a stored page: its coding, and whether the client has it already (RFC 9110)."""

import re

from django.utils.http import parse_http_date_safe

BROTLI, GZIP, IDENTITY = "br", "gzip", ""
_PREFERRED = (BROTLI, GZIP, IDENTITY)  # among codings that the client likes equally
CODINGS = frozenset(_PREFERRED)
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_ETAG = re.compile(r'"[^"]*"')


def choose_coding(accept_encoding: str) -> str:
    """The coding to answer with: `br`, `gzip` or `` (identity) by the weights of Accept-Encoding (12.5.3).

    A weight of 0 refuses. Identity is refused only by name or by `*`; where all is refused it is sent all the same.
    """
    weights = dict(_weight(part) for part in accept_encoding.lower().split(",") if part.strip())
    if "x-gzip" in weights:
        weights.setdefault(GZIP, weights["x-gzip"])
    rest = weights.get("*", 0.0)
    chances = {BROTLI: weights.get(BROTLI, rest), GZIP: weights.get(GZIP, rest)}
    # Not named, identity is acceptable but comes after whatever was asked for.
    chances[IDENTITY] = weights.get("identity", 0.0 if "*" in weights and rest == 0 else 0.0005)
    best = max(_PREFERRED, key=lambda coding: chances[coding])
    return best if chances[best] else IDENTITY


def _weight(part: str) -> tuple[str, float]:
    coding, _semicolon, parameter = part.partition(";")
    weight = _WEIGHT.fullmatch(parameter.strip()) if parameter.strip() else None
    if weight is None:
        # A weight that is none is read as refused: an odd client gets the plain page, which it can read for sure.
        return coding.strip(), 0.0 if parameter.strip() else 1.0
    return coding.strip(), float(weight[1])


def has_etag(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match field (a list, or `*`) holds this entity tag, compared weakly (13.1.2, 8.8.3.2)."""
    return if_none_match == etag or if_none_match.strip() == "*" or etag in _ETAG.findall(if_none_match)


def is_unmodified(if_modified_since: str, last_modified: int) -> bool:
    """Whether nothing changed after an If-Modified-Since field's date (13.1.3); `last_modified` in Unix seconds."""
    since = parse_http_date_safe(if_modified_since)
    return since is not None and last_modified <= since
