"""`make audit`: Lighthouse's four scores of the main pages in all languages, as a phone sees them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.browser.site import Site, running

PAGES = ("home", "issue", "bilingual", "research", "topic")
CODES = ("zh-hant", "zh-hans", "en")
LEAST = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ATTEMPTS = 3
Scores = dict[str, int]


def install(folder: Path) -> Path:
    """Lighthouse from npm; the path of its command."""
    options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
    subprocess.run(["npm", "install", *options, "lighthouse"], check=True)
    return folder / "node_modules" / ".bin" / "lighthouse"


def run_lighthouse(lighthouse: Path, address: str, report: Path) -> dict[str, Any]:
    """Its report on one page. A run whose trace broke off, as happens now and then, is repeated."""
    options = ["--quiet", "--output=json", f"--output-path={report}", "--chrome-flags=--headless=new --no-sandbox"]
    for _attempt in range(ATTEMPTS):
        report.unlink(missing_ok=True)
        done = subprocess.run([lighthouse, address, *options, f"--only-categories={','.join(LEAST)}"])
        found: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
        scores = [category["score"] for category in found.get("categories", {}).values()]
        if done.returncode == 0 and scores and None not in scores and not found.get("runtimeError"):
            return found
    raise RuntimeError(f"Lighthouse ended with an error {ATTEMPTS} times at {address}: {found.get('runtimeError')}")


def audit(lighthouse: Path, address: str, report: Path) -> tuple[Scores, list[str]]:
    """The scores of one page, and the audits that it did not pass whole."""
    found = run_lighthouse(lighthouse, address, report)
    scores = {name: round((found["categories"][name]["score"] or 0) * 100) for name in LEAST}
    weak = {
        reference["id"]
        for category in found["categories"].values()
        for reference in category["auditRefs"]
        if reference["weight"]
        and (found["audits"][reference["id"]]["score"] or 0) < 0.9
        and found["audits"][reference["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")
    }
    return scores, sorted(weak)


def main() -> int:
    chromium = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not chromium or not shutil.which("npm"):
        print("make audit needs npm and Chromium (CHROME_PATH)", file=sys.stderr)
        return 1
    os.environ["CHROME_PATH"] = chromium
    with tempfile.TemporaryDirectory(prefix="snz-audit-") as name:
        folder = Path(name)
        lighthouse = install(folder)
        with running(folder / "demo", "tests.browser.fill_demo") as site:
            return 0 if audit_all(lighthouse, site, folder) else 1


def audit_all(lighthouse: Path, site: Site, folder: Path) -> bool:
    """Print a table; whether every page has the scores it should have."""
    print(f"{'page':<12}{'language':<10}" + "".join(f"{name:>16}" for name in LEAST), flush=True)
    good = True
    for page in PAGES:
        for code in CODES:
            scores, weak = audit(lighthouse, site.address(page, code), folder / "report.json")
            is_good = all(scores[name] >= least for name, least in LEAST.items())
            good &= is_good
            row = f"{page:<12}{code:<10}" + "".join(f"{score:>16}" for score in scores.values())
            print(row + ("" if is_good else f"   {', '.join(weak)}"), flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
