"""The command blocks of a document: which user runs each, and under which heading it stands."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

DOCS = Path(settings.BASE_DIR) / "docs"
_FENCE = re.compile(r"^ *```(?P<language>\w*)$")
_USER = re.compile(r"\b[Aa]s (root|postgres|snz)\b")  # in the text before a block


@dataclass(frozen=True)
class Block:
    heading: str
    user: str  # empty if the document does not say who runs it
    commands: str


def blocks(name: str, *headings: str) -> list[Block]:
    """The `sh` blocks of docs/<name> in their order: all, or those directly under these headings."""
    found: list[Block] = []
    heading, text, language, lines = "", "", None, []
    for line in (DOCS / name).read_text().splitlines():
        fence = _FENCE.match(line)
        if language is None and fence:
            language, lines = fence["language"], []
        elif fence and language is not None:
            if language == "sh":
                users = _USER.findall(text)
                found.append(Block(heading, users[-1] if users else "", textwrap.dedent("\n".join(lines))))
            language, text = None, ""
        elif language is not None:
            lines.append(line)
        elif line.startswith("#"):
            heading, text = line.lstrip("# "), ""
        else:
            text += f" {line.strip()}"
    missing = set(headings) - {block.heading for block in found}
    assert not missing, f"{name}: no commands under {missing}"
    return [block for block in found if not headings or block.heading in headings]
