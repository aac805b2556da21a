"""What the importers print is in the terminal's language, all of it; what programs read is the same in any."""

import re

import pytest
from django.core.management import CommandError

from digest.archive.models import Item
from tests.factories import make_item
from tests.intake import import_helpers, papers
from tests.intake.documents import ENGLISH, make_newsletter
from tests.intake.papers import make_paper

pytestmark = pytest.mark.django_db

PAPER = {"figure", "Waterways", "of", "the", "village"}  # what the paper itself says in English, and its body's mark
TERMINALS = ["C.UTF-8", "zh_TW.UTF-8", "zh_CN.UTF-8"]
CORRECTIONS = (
    ("早稻的根會記得乾旱", "早稻的根還記得乾旱"),
    ("2024 年 7 月 5 日", "2024 年 7 月"),
    ("本期焦點 村子", "村子"),
    ("農糧政策", "新聞時事"),
    ("[數據](#)", "[數據](https://example.org/d)"),
    (" | [指南](#)", ""),
    ("第 9 期", "第 8 期"),
    ("現場和線上同步", "線上"),
)


def corrected() -> str:
    text = make_newsletter()
    for old, new in CORRECTIONS:
        text = text.replace(old, new)
    return text


def speaking(monkeypatch, terminal: str) -> None:
    monkeypatch.setenv("LC_ALL", terminal)


def printed(tmp_path, text: str, *options: str) -> str:
    path = tmp_path / "newsletter.txt"
    path.write_text(text, encoding="utf-8")
    return import_helpers.run(path, *options)


def words(text: str) -> set[str]:
    """English words outside of quotation marks, values and options: those of the command itself."""
    text = re.sub(r"「[^」]*」|“[^”]*”|https?:\S+|--[a-z-]+|DOI", "", text)
    return set(re.findall(r"[A-Za-z_]{2,}", text))


def test_each_terminal_reads_its_own_language(tmp_path, monkeypatch):
    wanted = {"C.UTF-8": "in focus; look-backs", "zh_TW.UTF-8": "其中焦點", "zh_CN.UTF-8": "其中焦点"}
    for terminal, phrase in wanted.items():
        speaking(monkeypatch, terminal)
        assert phrase in printed(tmp_path, make_newsletter(), "--dry-run")


@pytest.mark.parametrize("terminal", TERMINALS[1:])
def test_no_english_stands_among_the_chinese(tmp_path, monkeypatch, terminal):
    speaking(monkeypatch, terminal)
    printed(tmp_path, make_newsletter(), "--publish")
    output = printed(tmp_path, corrected(), "--dry-run")
    assert not words(output.replace("Registration Website", "")), output
    make_item(doi="10.5555/water.2023.1")
    (tmp_path / "paper.txt").write_text(make_paper(references=""), encoding="utf-8")
    output = papers.run(tmp_path / "paper.txt", "--update")
    assert not words("\n".join(line for line in output.splitlines() if "less water" not in line.lower())) - PAPER, (
        output
    )


def test_no_chinese_stands_among_the_english(tmp_path, monkeypatch):
    speaking(monkeypatch, "en_GB.UTF-8")
    printed(tmp_path, ENGLISH, "--publish")
    text = ENGLISH.replace("Kyoto, Japan", "Hanoi, Viet Nam").replace("[Focus] ", "")
    assert re.findall(r"[\u3400-\u9fff]", printed(tmp_path, text, "--dry-run")) == []


def test_programs_read_the_same_in_any_language_but_for_the_warnings(tmp_path, monkeypatch):
    import_helpers.import_text(tmp_path, make_newsletter())
    papers.import_text(tmp_path, make_paper(front=""))
    reports, paper_reports = [], []
    for terminal in TERMINALS:
        speaking(monkeypatch, terminal)
        report = import_helpers.import_text(tmp_path, corrected(), "--dry-run")
        lines = [warning["line"] for warning in report.pop("warnings")]
        reports.append((report, lines))
        paper_reports.append(papers.import_text(tmp_path, make_paper(front="", references=""), "--dry-run"))
    assert reports[0][0]["changes"] and reports[0] == reports[1] == reports[2]
    assert paper_reports[0] == paper_reports[1] == paper_reports[2]


def test_the_archive_holds_the_same_whatever_the_terminal_speaks(tmp_path, monkeypatch):
    speaking(monkeypatch, "C")
    import_helpers.import_text(tmp_path, make_newsletter() + "\n\n一行\n")
    before = import_helpers.rows()
    speaking(monkeypatch, "zh_TW.UTF-8")
    assert import_helpers.import_text(tmp_path, make_newsletter() + "\n\n一行\n")["changes"] == []
    assert import_helpers.rows() == before and Item.objects.exists()


@pytest.mark.parametrize(("terminal", "reason"), [("C", "The file is empty."), ("zh_HK", "檔案是空的。")])
def test_errors_are_in_the_terminal_s_language_too(tmp_path, monkeypatch, terminal, reason):
    speaking(monkeypatch, terminal)
    with pytest.raises(CommandError, match=re.escape(reason)):
        import_helpers.import_text(tmp_path, "")
