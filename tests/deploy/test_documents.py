"""The documents: their links lead somewhere, and they name every setting and management command."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from tests.deploy.documented import DOCS

BASE = Path(settings.BASE_DIR)
PAGES = sorted([BASE / "README.md", *DOCS.glob("*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def without_code(path: Path) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=re.S | re.M)


def anchors(path: Path) -> set[str]:
    """As GitHub makes them from headings: small letters, hyphens for spaces, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", without_code(path), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in _LINK.findall(without_code(page)):
        if "://" in target:
            continue
        name, _hash, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{page.name}: {target}"


def test_every_setting_from_the_environment_is_in_the_table() -> None:
    source = (BASE / "snz_portal" / "settings.py").read_text()
    names = set(re.findall(r'(?:env\.\w+|_whole|_is_true)\(\s*"([A-Z_]+)"', source)) - {"_"}
    text = (DOCS / "settings.md").read_text()
    assert names, "the settings are read in another way"
    assert not {name for name in names if f"`{name}`" not in text}


def test_the_example_of_the_settings_names_only_settings_that_there_are() -> None:
    names = re.findall(r"^([A-Z_]+)=", (DOCS / "deploy" / "env.example").read_text(), re.M)
    text = (DOCS / "settings.md").read_text()
    assert names and not {name for name in names if f"`{name}`" not in text}


def test_every_management_command_of_the_portal_is_in_a_document() -> None:
    text = "".join(page.read_text() for page in PAGES)
    commands = {name for name, app in get_commands().items() if app.startswith("digest")}
    assert "mark_sent" in commands
    assert not {name for name in commands if name not in text}
