"""The Nu HTML checker (https://validator.github.io/validator/) on all pages and the style sheet."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import CODES, PAGES, skip_or_fail
from tests.browser.site import ROOT, Site


@pytest.fixture(scope="session")
def checker() -> list[str]:
    """The command of the checker, which prints JSON."""
    jar, java = os.environ.get("VNU_JAR", ""), shutil.which("java")
    if not (java and Path(jar).is_file()):
        skip_or_fail("the Nu HTML checker needs java, and VNU_JAR with the path of vnu.jar")
    return [str(java), "-Xss2m", "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always"]


def findings(command: list[str], *files: Path) -> list[str]:
    printed = subprocess.run([*command, *map(str, files)], stdout=subprocess.PIPE, check=True).stdout
    return [
        f"{Path(message.get('url', '')).name}:{message.get('lastLine')}: {message['message']}"
        for message in json.loads(printed)["messages"]
    ]


def test_the_html_checker_finds_nothing(site: Site, checker: list[str], tmp_path: Path) -> None:
    files = []
    for code in CODES:
        for name in PAGES:
            files.append(tmp_path / f"{code}-{name.replace(' ', '-')}.html")
            files[-1].write_bytes(site.fetch(site.address(name, code).removeprefix(site.url))[2])
    found = findings(checker, *files)
    # The checker guesses languages, but the edge cases have no real words.
    assert [f for f in found if not ("-hard.html" in f and "appears to be written in" in f)] == []


def test_the_css_checker_finds_nothing(checker: list[str]) -> None:
    assert findings([*checker, "--css"], ROOT / "static" / "digest.css") == []
