"""Check how templates and style sheets are laid out: `python -m tests.layout`; `--write` formats the style sheets."""

import sys
from pathlib import Path

import cssbeautifier

ROOT = Path(__file__).resolve().parent.parent
LONGEST_LINE = 119  # columns, as in Python


def main() -> int:
    lines = sorted((len(line), f"{path}:{number}") for path, number, line in template_lines())
    length, place = lines[-1]
    print(f"Longest template line: {length} columns ({place})")
    faults = [f"{place}: {length} columns, at most {LONGEST_LINE}" for length, place in lines if length > LONGEST_LINE]
    for path in style_sheets():
        text = path.read_text()
        if (formatted := format_css(text)) != text:
            if "--write" in sys.argv:
                path.write_text(formatted)
            else:
                faults.append(f"{path.relative_to(ROOT)}: not formatted; run python -m tests.layout --write")
    print("\n".join(faults) or "Templates and style sheets are laid out as agreed.")
    return bool(faults)


def template_lines() -> list[tuple[Path, int, str]]:
    return [
        (path.relative_to(ROOT), number, line)
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
    ]


def style_sheets() -> list[Path]:
    return sorted([*(ROOT / "static").rglob("*.css"), *(ROOT / "templates").rglob("*.css")])


def format_css(text: str) -> str:
    """One declaration a line, as css-beautify lays it out."""
    options = cssbeautifier.default_options()
    options.indent_size = 2
    options.newline_between_rules = False
    options.selector_separator_newline = False
    options.space_around_combinator = True
    options.end_with_newline = True
    formatted: str = cssbeautifier.beautify(text, options)
    return formatted


if __name__ == "__main__":
    sys.exit(main())
