"""Content negotiation and conditional requests for cached pages (RFC 9110)."""

import re

from django.utils.http import parse_http_date_safe

BROTLI, GZIP, IDENTITY = "br", "gzip", ""
_PREFERRED = (BROTLI, GZIP, IDENTITY)  # order among codings of equal weight
CODINGS = frozenset(_PREFERRED)
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_ETAG = re.compile(r'"[^"]*"')


def choose_coding(accept_encoding: str) -> str:
    """Choose `br`, `gzip` or `` (identity) by the weights of an Accept-Encoding header (section 12.5.3).

    A weight of 0 means "not acceptable". Identity is acceptable unless excluded by name or by `*`. If no coding is
    acceptable, identity is used anyway.
    """
    weights = dict(_weight(part) for part in accept_encoding.lower().split(",") if part.strip())
    if "x-gzip" in weights:
        weights.setdefault(GZIP, weights["x-gzip"])
    default = weights.get("*", 0.0)
    weight_of = {BROTLI: weights.get(BROTLI, default), GZIP: weights.get(GZIP, default)}
    # If identity is not named, it is acceptable but comes after all codings that are.
    weight_of[IDENTITY] = weights.get("identity", 0.0 if "*" in weights and default == 0 else 0.0005)
    best = max(_PREFERRED, key=lambda coding: weight_of[coding])
    return best if weight_of[best] else IDENTITY


def _weight(part: str) -> tuple[str, float]:
    coding, _semicolon, parameter = part.partition(";")
    weight = _WEIGHT.fullmatch(parameter.strip()) if parameter.strip() else None
    if weight is None:
        # Treat an invalid weight as "not acceptable": the client gets the identity coding, which it can always read.
        return coding.strip(), 0.0 if parameter.strip() else 1.0
    return coding.strip(), float(weight[1])


def has_etag(if_none_match: str, etag: str) -> bool:
    """Return whether an If-None-Match header (a list or `*`) matches an ETag, compared weakly (13.1.2, 8.8.3.2)."""
    return if_none_match == etag or if_none_match.strip() == "*" or etag in _ETAG.findall(if_none_match)


def is_unmodified(if_modified_since: str, last_modified: int) -> bool:
    """Return whether a page last modified at this Unix time is unchanged since an If-Modified-Since date (13.1.3)."""
    since = parse_http_date_safe(if_modified_since)
    return since is not None and last_modified <= since
