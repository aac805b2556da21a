"""Patterns of single lines: captions, references, and names of authors."""

import re
from dataclasses import dataclass

from digest.intake.language import is_han

MAX_NUMBER = 999  # of figures and references
MAX_CAPTION = 300  # characters; a longer line is a paragraph that begins with "Figure 1"

_CAPTION = re.compile(
    r"(?:(图|圖)\s{0,4}|(Fig(?:ure)?s?\.?)\s{0,4})([0-9]{1,3})(?![0-9A-Za-z\-–—])(.*)", re.IGNORECASE
)
_SECOND = re.compile(r"\s*[/／|]?\s{0,4}(?=Fig(?:ure)?\.?\s{0,4}[0-9])", re.IGNORECASE)
_SAID = re.compile(
    r"[为是中示显顯表给給展所可反说說的和与與、及至,，]|(?:shows?|is|are|and|presents?|illustrates?|depicts?)\b"
)

_ENTRY = re.compile(
    r"(?:[\[［〔【]\s{0,2}([0-9]{1,3})\s{0,2}[\]］〕】]|[(（]([0-9]{1,3})[)）]|([0-9]{1,3})[.．、](?![0-9]))\s*(.*)"
)

_FOOTNOTE = re.compile(r"[0-9*†‡§#①-⑳¹²³⁰-⁹∗＊,\s]+$")
_GLUED = re.compile(r"(?<=[^\W\d_])[0-9]{1,2}(?:,[0-9]{1,2})*(?=[^\W\d_])")
_LATIN_NAME = re.compile(r"[A-Z][\w.'’\-]*(?:\s+(?:[a-z]{1,3}\s+)?[A-Z][\w.'’\-]*){1,3}")
_HAN_NAME = re.compile(r"[^\W\d_]{1,8}[·•][^\W\d_]{1,12}|[^\W\d_]{2,4}")
_NO_NAMES = re.compile(r"大学|大學|学院|學院|研究|中心|实验|實驗|学报|學報|分析|影响|影響|关键|土壤|碳|农业|農業")


@dataclass(frozen=True)
class Caption:
    """A figure's number and caption; `is_chinese`: the language of its word for “figure”."""

    number: int
    text: str
    is_chinese: bool


def captions(line: str) -> list[Caption]:
    """The captions on a line: none, one, or both a Chinese and an English one."""
    if len(line) > MAX_CAPTION:
        return []
    bare = line.strip("*_ ")
    if (cut := _SECOND.search(bare, 1)) and bare[0] in "图圖":
        both = [_caption(bare[: cut.start()]), _caption(bare[cut.end() :])]
        if all(both):
            return [caption for caption in both if caption]
    single = _caption(bare)
    return [single] if single else []


def _caption(text: str) -> Caption | None:
    match = _CAPTION.fullmatch(text)
    if match is None or not 1 <= int(match.group(3)) <= MAX_NUMBER:
        return None
    rest = match.group(4)
    caption = rest.lstrip(" \t\u3000.．:：、")
    spoken = bool(_SAID.match(rest.lstrip()))  # "图2显示", "Figure 2 shows": a sentence about the figure
    if not any(c.isalpha() for c in caption) or spoken or caption[-1] in "。；;" or "。" in caption:
        return None
    return Caption(int(match.group(3)), caption, match.group(1) is not None)


def reference_entry(line: str) -> tuple[int, str] | None:
    """Number and text of a reference: `[3] …`, `3. …`, `(3) …`."""
    match = _ENTRY.fullmatch(line)
    if match is None:
        return None
    number = int(match.group(1) or match.group(2) or match.group(3))
    return (number, match.group(4)) if 1 <= number <= MAX_NUMBER else None


def author_names(line: str) -> list[str]:
    """The names on a line that lists persons, without footnote marks; empty for other lines."""
    if len(line) > 400 or line[-1] in "。；;：:" or _NO_NAMES.search(line):
        return []
    line = _GLUED.sub(",", line)
    pieces = re.split(r"[,，、;；]|\s+and\s+|\s*&\s*", line)
    if len(pieces) == 1 and is_han(line[0]):
        pieces = _spaced(line)
    names = [_FOOTNOTE.sub("", piece).strip(" \u3000*") for piece in pieces]
    names = ["".join(name.split()) if name and is_han(name[0]) else " ".join(name.split()) for name in names]
    names = [name for name in names if name.strip("0123456789*†‡")]
    return names if names and all(_is_name(name) for name in names) else []


def _spaced(line: str) -> list[str]:
    """Names separated by spaces; a two-character name may contain one."""
    words, names = line.split(), [""]
    for word in words:
        names[-1] += word
        if len(_FOOTNOTE.sub("", names[-1])) > 1:
            names.append("")
    return names


def _is_name(name: str) -> bool:
    if is_han(name[0]):
        return _HAN_NAME.fullmatch(name) is not None and is_han(name[-1])
    return _LATIN_NAME.fullmatch(name) is not None
