"""The export in LibreOffice, where there is one: no cell is a formula, and a copy saved there can be read (W9)."""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from digest.subscriptions import consent
from digest.subscriptions.consent import ConsentSource
from digest.subscriptions.csv_escaping import escape_formula
from digest.subscriptions.models import ConsentEvent
from tests.factories import make_subscriber

SOFFICE = shutil.which("soffice")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SOFFICE, reason="LibreOffice is not installed"),
]
SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]
BEGINNINGS = [*SIGNS, "\t=", "\r=", "\n=", " =", "'=", '"=', "=\t", '="', "\x0b=", "\u00a0="]
FORMULAS = [
    "1+1",
    "SUM(1;2)",
    'HYPERLINK("http://evil.example";"x")',
    "cmd|' /C calc'!A0",
    'WEBSERVICE("http://a.example")',
]


def in_libreoffice(file: Path, kind: str) -> str:
    """What LibreOffice makes of a CSV file, as flat XML or as CSV again."""
    command = [str(SOFFICE), "--headless", f"-env:UserInstallation=file://{file.parent / 'profile'}"]
    command += ["--infilter=Text - txt - csv (StarCalc):44,34,76,1", "--convert-to", kind]
    subprocess.run(
        [*command, "--outdir", str(file.parent / "out"), str(file)], check=True, capture_output=True, timeout=90
    )
    return next((file.parent / "out").glob("*." + kind.partition(":")[0])).read_text(encoding="utf-8-sig")


def formulas(text: str) -> list[str]:
    return re.findall(r'table:formula="([^"]*)"', text)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "people.csv"


def test_what_is_not_quoted_does_become_a_formula(file):
    """So that the next tests can fail."""
    file.write_text("a\r\n=1+1\r\n")
    assert formulas(in_libreoffice(file, "fods")) == ["of:=1+1"]


def test_no_beginning_makes_a_formula_of_a_quoted_cell(file):
    cells = [beginning + formula for beginning in BEGINNINGS for formula in FORMULAS]
    with file.open("w", newline="") as out:
        csv.writer(out, lineterminator="\r\n").writerows(
            [[escape_formula(cell), "x", escape_formula(cell)] for cell in cells]
        )
    assert formulas(in_libreoffice(file, "fods")) == []


def test_no_field_of_an_export_is_a_formula_and_a_copy_saved_there_changes_nobody(file):
    for number, beginning in enumerate("=+-"):
        row = make_subscriber(address=f"{beginning}cmd|{number}@farm.tw", topics="", sections="news,data")
        consent.record_event(
            row, ConsentEvent.Kind.IMPORTED, ConsentSource("=1+1", "=1+1", "en"), detail={"consent_text": "=1+1"}
        )
    call_command("export_subscribers", str(file), stdout=io.StringIO())
    assert formulas(in_libreoffice(file, "fods")) == []
    saved = in_libreoffice(file, "csv:Text - txt - csv (StarCalc):44,34,76,1")
    assert list(csv.reader(io.StringIO(saved)))[1:] != []
    again = file.with_name("again.csv")
    again.write_text(saved, encoding="utf-8")
    told = io.StringIO()
    call_command("import_subscribers", str(again), stdout=told)
    assert told.getvalue().strip().splitlines()[-1] == "Done: unchanged: 3"
