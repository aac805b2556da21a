"""Static files: a style sheet in several files is sent as one."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command


@pytest.fixture
def collected(tmp_path: Path, settings) -> Path:
    source = tmp_path / "static"
    (source / "css").mkdir(parents=True)
    (source / "site.css").write_text('@import "css/type.css";\n@import "css/print.css";\n')
    (source / "css" / "type.css").write_text("body { color: black; }\n")
    (source / "css" / "print.css").write_text("@media print { a { color: black; } }\n")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "collected"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "digest.common.static_files.StaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path / "collected"


def test_imported_style_sheets_are_sent_as_one_file(collected: Path) -> None:
    paths = json.loads((collected / "staticfiles.json").read_text())["paths"]
    text = (collected / paths["site.css"]).read_text()
    assert "@import" not in text
    assert text.index("body {") < text.index("@media print")
