"""`make audit`: Lighthouse scores of the main pages in all languages, on a phone."""

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
MIN_SCORES = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ATTEMPTS = 3
Scores = dict[str, int]


def install(folder: Path) -> Path:
    """Install Lighthouse from npm, and return the path of its command."""
    options = ["--prefix", str(folder), "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
    subprocess.run(["npm", "install", *options, "lighthouse"], check=True)
    return folder / "node_modules" / ".bin" / "lighthouse"


def run_lighthouse(lighthouse: Path, address: str, report: Path) -> dict[str, Any]:
    """Return the report on one page. Repeat runs that fail, as happens occasionally."""
    options = ["--quiet", "--output=json", f"--output-path={report}", "--chrome-flags=--headless=new --no-sandbox"]
    for _attempt in range(ATTEMPTS):
        report.unlink(missing_ok=True)
        done = subprocess.run([lighthouse, address, *options, f"--only-categories={','.join(MIN_SCORES)}"])
        found: dict[str, Any] = json.loads(report.read_text()) if report.exists() else {}
        scores = [category["score"] for category in found.get("categories", {}).values()]
        if done.returncode == 0 and scores and None not in scores and not found.get("runtimeError"):
            return found
    raise RuntimeError(f"Lighthouse failed {ATTEMPTS} times at {address}: {found.get('runtimeError')}")


def audit(lighthouse: Path, address: str, report: Path) -> tuple[Scores, list[str]]:
    """Return the scores of one page and the audits that it did not pass."""
    found = run_lighthouse(lighthouse, address, report)
    scores = {name: round((found["categories"][name]["score"] or 0) * 100) for name in MIN_SCORES}
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
    """Print a table, and return whether all pages have the minimum scores."""
    print(f"{'page':<12}{'language':<10}" + "".join(f"{name:>16}" for name in MIN_SCORES), flush=True)
    good = True
    for page in PAGES:
        for code in CODES:
            scores, weak = audit(lighthouse, site.address(page, code), folder / "report.json")
            is_good = all(scores[name] >= minimum for name, minimum in MIN_SCORES.items())
            good &= is_good
            row = f"{page:<12}{code:<10}" + "".join(f"{score:>16}" for score in scores.values())
            print(row + ("" if is_good else f"   {', '.join(weak)}"), flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
