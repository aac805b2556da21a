"""Links in a line: `[label](URL)` with half- or full-width brackets, and labels without a URL."""

import re
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from digest.intake.newsletter.document import ParsedLink
from digest.intake.newsletter.vocabulary import is_subscribing, role_of

MAX_LABEL = 200  # maximum length of `Link.label`
MAX_URL = 1000

Token = str | ParsedLink

# Every repetition is bounded or possessive: a line of 100,000 brackets is read in linear time.
_LINK = re.compile(
    r"[\[［](?P<label>(?:[^\[\]［］]|[\[［][^\[\]［］]{0,80}+[\]］]){1,300}+)[\]］]\s{0,2}"
    r"[(（]\s{0,2}(?P<url><[^<>\s]{0,1500}+>|(?:[^\s()（）]|\([^\s()（）]{0,300}+\)){0,1500}+)"
    r"(?:\s{1,3}\"[^\"]{0,200}+\")?\s{0,2}[)）]"
    r"|[\[［](?P<bare>[^\[\]［］]{1,40}+)[\]］]"
)
_LABELLED = re.compile(r"^(?P<label>[^:：/|]{1,40}?)\s?[:：]?\s?[<(（]?(?P<url>https?://[^\s<>（）]{3,1500})[>)）]?$")
_OPENERS, _CLOSERS = "(（[［【", ")）]］】"
_BOLD = re.compile(r"\*\*|__")
_valid = URLValidator(schemes=["http", "https"])


def tokenize(text: str) -> list[Token]:
    """Split a text into texts and links, in order; no character is lost except the marks of links."""
    tokens: list[Token] = []
    end = 0
    for match in _LINK.finditer(text):
        link = _address(match)
        if link is None:
            continue
        if match.start() > end:
            tokens.append(text[end : match.start()])
        tokens.append(link)
        end = match.end()
    if end < len(text):
        tokens.append(text[end:])
    return tokens


def _address(match: re.Match[str]) -> ParsedLink | None:
    label = _BOLD.sub("", match["bare"] or match["label"]).strip()
    role = role_of(label)
    if match["bare"] is not None:  # [原文] without a URL; other brackets are text
        return ParsedLink(label, None, role) if role or is_subscribing(label) else None
    if not has_word(label) or len(label) > MAX_LABEL:
        return None
    return ParsedLink(label, _url(match["url"]), role)


def _url(printed: str) -> str | None:
    printed = printed.strip("<> ")
    if printed.startswith("www."):
        printed = f"https://{printed}"
    return None if printed in ("", "#", "＃") else printed


def is_address(url: str) -> bool:
    """Whether a URL can be stored: http or https, at most MAX_URL characters."""
    if len(url) > MAX_URL:
        return False
    try:
        _valid(url)
    except ValidationError:
        return False
    return True


def read_labelled(text: str) -> ParsedLink | None:
    """A segment like `原文：https://…` or a bare known label such as `原文`; None for any other text."""
    text = text.strip(" \t()（）*_")
    if len(text) <= 40 and (role := role_of(text)):
        return ParsedLink(text, None, role)
    match = _LABELLED.match(text) if "://" in text else None
    if match and (role := role_of(match["label"])):
        return ParsedLink(match["label"].strip(), _url(match["url"]), role)
    return None


def has_word(text: str) -> bool:
    """Whether a text contains a letter, a digit or a Han character."""
    return any(character.isalnum() for character in text)


def links_in(tokens: Sequence[Token]) -> list[ParsedLink]:
    return [token for token in tokens if isinstance(token, ParsedLink)]


def only_links(tokens: Sequence[Token]) -> bool:
    """Whether there are links and no other words."""
    return bool(links_in(tokens)) and not any(isinstance(t, str) and has_word(t) for t in tokens)


def as_text(tokens: Sequence[Token]) -> str:
    """The text with the labels of its links."""
    return "".join(t.label if isinstance(t, ParsedLink) else t for t in tokens).strip()


def as_markdown(tokens: Sequence[Token]) -> str:
    """The text as Markdown; of a link without a URL, the label."""
    return "".join(_markdown(t) if isinstance(t, ParsedLink) else t for t in tokens).strip()


def _markdown(link: ParsedLink) -> str:
    return f"[{link.label}]({link.url})" if link.url else link.label


def split_off_links(tokens: Sequence[Token]) -> tuple[list[Token], list[ParsedLink]]:
    """The text without the links at its ends, and those links: known labels, or any label in brackets."""
    rest, first = _split_leading(list(tokens))
    rest, last = _split_trailing(rest)
    return rest, first + last


def _split_leading(tokens: list[Token]) -> tuple[list[Token], list[ParsedLink]]:
    at, lifted = 0, []
    for position, token in enumerate(tokens):
        if isinstance(token, ParsedLink) and token.role:
            lifted.append(token)
            at = position + 1
        elif isinstance(token, ParsedLink) or has_word(token):
            break
    return tokens[at:], lifted


def _split_trailing(tokens: list[Token]) -> tuple[list[Token], list[ParsedLink]]:
    start = len(tokens)
    while start and not _is_sentence_part(tokens[start - 1]):
        start -= 1
    before = str(tokens[start - 1]).rstrip() if start else ""
    group = tokens[start:]
    tail = "".join(token for token in group if isinstance(token, str))
    enclosed = before.rstrip("*_ ").endswith(tuple(_OPENERS)) and any(c in tail for c in _CLOSERS)
    unknown = [at for at, token in enumerate(group) if isinstance(token, ParsedLink) and not token.role]
    if unknown and not enclosed:  # the link is part of the sentence; links after it may still be split off
        start += unknown[-1] + 1
        group, before = tokens[start:], ""
    lifted = links_in(group)
    if not lifted:
        return tokens, []
    if not before:
        return tokens[:start], lifted
    while before and tail and before[-1] == tail[0] and tail[0] in "*_":  # （**[原文](#)**）
        before, tail = before[:-1], tail[1:]
    before = before.rstrip(_OPENERS + " ")
    stop = next((c for c in tail if c in "。.！!"), "")
    return [
        *tokens[: start - 1],
        before + (stop if not before.endswith(("。", ".", "！", "!", "？", "?")) else ""),
    ], lifted


def _is_sentence_part(token: Token) -> bool:
    return isinstance(token, str) and has_word(token)
