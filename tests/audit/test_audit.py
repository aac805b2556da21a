"""Failed runs of Lighthouse are repeated."""

from pathlib import Path

import pytest

from tests.audit.__main__ import ATTEMPTS, run_lighthouse

# Writes a report to the path in its fourth argument and exits with 1 after an error, like Lighthouse.
LIGHTHOUSE = """#!/bin/sh
count=$(cat "$0.count" 2>/dev/null || echo 0)
echo $((count + 1)) > "$0.count"
report=${4#--output-path=}
if [ "$count" -lt FAILURES ]; then echo '{"runtimeError": {"code": "NO_NAVSTART"}}' > "$report"; exit 1; fi
echo '{"categories": {"seo": {"score": 1}}}' > "$report"
"""


def make_lighthouse(folder: Path, failures: int) -> Path:
    path = folder / "lighthouse"
    path.write_text(LIGHTHOUSE.replace("FAILURES", str(failures)))
    path.chmod(0o755)
    return path


def test_a_failed_run_is_repeated(tmp_path: Path) -> None:
    lighthouse = make_lighthouse(tmp_path, ATTEMPTS - 1)
    found = run_lighthouse(lighthouse, "http://127.0.0.1/", tmp_path / "report.json")
    assert found["categories"]["seo"]["score"] == 1


def test_a_permanent_error_is_raised(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="NO_NAVSTART"):
        run_lighthouse(make_lighthouse(tmp_path, ATTEMPTS), "http://127.0.0.1/", tmp_path / "report.json")
