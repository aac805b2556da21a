"""What is refused: one clear line, exit code 1, and not a row written."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from tests.intake.documents import ENGLISH, PAPER, make_newsletter, needs_seed
from tests.intake.import_helpers import import_text, rows, run

pytestmark = pytest.mark.django_db

LATER = make_newsletter().replace("第21期", "第22期")
NO_NEWSLETTERS = {
    "empty": b"",
    "blank": b"\n \n",
    "binary": b"\x00\x01\x02" * 200,
    "random": os.urandom(4000),
    "another encoding": "科技研究\n\n今年的雨来得早，田埂还没修好。".encode("gb18030"),
    "a letter": "親愛的編輯：\n\n田裡一切都好，雨也停了。\n".encode(),
    "a page of the web": b"<!doctype html><title>404</title><p>Not found</p>",
    "numbers": b"1,2,3\n4,5,6\n",
    "50 MB": b"a" * (50 * 2**20),
    "a whole page": f"<html lang='zh'><body><p>{make_newsletter()}</p></body></html>".encode(),
    "a page without a head": "".join(f"<p>{line}</p>\n" for line in make_newsletter().split("\n")).encode(),
    "text and then a page": f"{make_newsletter()}\n\n<html><body>the same</body></html>".encode(),
    "an encoded mail": f"Content-Transfer-Encoding: base64\n\n{make_newsletter()}".encode(),
    "an issue without items": "2024年9月30日 (第18期)\n\n科技研究\n".encode(),
    "a section without a number": "科技研究\n\n本期焦點 早稻的根\n".encode(),
}


@pytest.mark.parametrize("kind", NO_NEWSLETTERS)
def test_what_is_no_newsletter_is_refused_and_nothing_is_written(tmp_path, kind):
    before = rows()
    with pytest.raises(CommandError) as caught:
        import_text(tmp_path, NO_NEWSLETTERS[kind])
    assert caught.value.returncode == 1
    assert "\n" not in str(caught.value)
    assert rows() == before


@pytest.mark.parametrize(
    ("first", "second"), [(make_newsletter(), LATER), (LATER, make_newsletter()), (make_newsletter(), ENGLISH)]
)
def test_two_newsletters_in_one_file_are_refused_with_the_line_of_the_second(tmp_path, first, second):
    before = rows()
    imprint = next(at for at, line in enumerate(second.split("\n"), 1) if "2024年5月3日" in line or "May 3" in line)
    line = len(first.split("\n")) + imprint
    with pytest.raises(CommandError, match=rf"line {line}\b"):
        import_text(tmp_path, f"{first}\n{second}", "--update")
    assert rows() == before


def test_what_stands_before_a_look_back_is_no_second_newsletter(tmp_path):
    text = make_newsletter().replace("第 9 期 夜裡", "第 9 期 2023 年 9 月 1 日\n\n夜裡")
    assert import_text(tmp_path, text)["issue"]["number"] == "21"


@needs_seed
def test_the_paper_is_no_newsletter():
    with pytest.raises(CommandError):
        run(PAPER)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"none\.txt"):
        run(tmp_path / "none.txt")


def test_a_number_may_be_given_where_the_document_has_none(tmp_path):
    text = make_newsletter().replace(" (第21期)", "")
    with pytest.raises(CommandError, match="--number"):
        import_text(tmp_path, text)
    assert import_text(tmp_path, text, "--number", "13-3")["issue"]["number"] == "13-3"


def test_a_number_that_the_document_contradicts_is_refused_naming_both(tmp_path):
    before = rows()
    with pytest.raises(CommandError, match=r"21.*--number.*22") as caught:
        import_text(tmp_path, make_newsletter(), "--number", "22")
    assert caught.value.returncode == 1 and "\n" not in str(caught.value)
    assert rows() == before
    assert import_text(tmp_path, make_newsletter(), "--number", "21")["issue"]["number"] == "21"


def test_a_number_that_is_none_is_refused(tmp_path):
    with pytest.raises(CommandError, match="--number"):
        import_text(tmp_path, make_newsletter(), "--number", "seventeen")


def test_a_published_issue_is_not_changed_without_being_asked(tmp_path):
    import_text(tmp_path, make_newsletter(), "--publish")
    before = rows()
    with pytest.raises(CommandError, match="--update") as caught:
        import_text(tmp_path, make_newsletter().replace("2024 年 4 月 2 日", "2024 年 4 月 3 日"))
    assert caught.value.returncode == 1
    assert rows() == before


@pytest.mark.parametrize("command", ["import_newsletter", "import_paper"])
def test_a_pipe_is_refused_in_one_line_and_nobody_waits(tmp_path, command):
    os.mkfifo(tmp_path / "pipe.txt")
    before = rows()
    with pytest.raises(CommandError, match=r"pipe\.txt: [^\n]+$") as caught:
        call_command(command, str(tmp_path / "pipe.txt"))
    assert caught.value.returncode == 1
    assert rows() == before


def test_the_program_itself_ends_with_1_and_one_line(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    command = [sys.executable, "manage.py", "import_newsletter", str(path), "--json"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.strip().splitlines()) == 1
