"""Files that are read, and files that are refused in one line."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.intake.reading import MAX_BYTES, MAX_LINES, UnreadableFile, read_document

TEXT = "水田週報電子報\n\n2024年5月3日（第21期）\n\n今年的雨來得早，田埂還沒有修好。\n"


def write(tmp_path, data: bytes):
    path = tmp_path / "document.txt"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950", "big5"])
def test_an_encoding_we_know_gives_the_same_text(tmp_path, encoding):
    assert read_document(write(tmp_path, TEXT.encode(encoding))) == TEXT


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_line_ends_become_one_kind(tmp_path, end):
    assert read_document(write(tmp_path, TEXT.replace("\n", end).encode())) == TEXT


def test_controls_become_spaces_and_lines_stay_lines(tmp_path):
    assert read_document(write(tmp_path, ("字" * 300 + "a\x0cb\x1b[c\u2028d\n").encode())).endswith("a b [c\u2028d\n")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "空|empty"),
        (b" \r\n\t\n", "空|empty"),
        (b"\xef\xbb\xbf", "空|empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04" + b"\0" * 40, "DOCX"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"abc\0def", "UTF-8"),
        (TEXT.encode("utf-16-le"), "UTF-8"),
        (TEXT.encode("utf-32"), "UTF-8"),
        ("水田周报电子报，今年的雨来得早，田埂还没有修好。".encode("gb18030"), "UTF-8"),
        ("田んぼの水を見る人たちの集まりです。".encode("euc_jp"), "UTF-8"),
        ("한국어로 쓴 글입니다. 논에 물이 찼습니다.".encode("euc_kr"), "UTF-8"),
        ("café à la crème, élève".encode("latin-1"), "UTF-8"),
        (TEXT.encode()[:-2], "UTF-8"),
    ],
)
def test_what_is_no_text_of_ours_is_refused_in_one_line(tmp_path, data, reason):
    with pytest.raises(UnreadableFile, match=reason) as caught:
        read_document(write(tmp_path, data))
    assert "\n" not in str(caught.value)


def test_a_long_file_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "long.txt"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(UnreadableFile, match="5 MB"):
        read_document(path)


def test_a_file_of_the_greatest_size_is_read(tmp_path):
    assert len(read_document(write(tmp_path, b"a" * MAX_BYTES))) == MAX_BYTES


def test_a_device_and_a_pipe_that_nobody_writes_to_are_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/zero", "/dev/null", tmp_path / "pipe"):
        with pytest.raises(UnreadableFile, match=r"管線|pipe"):
            read_document(path)


def test_a_link_to_a_file_is_read(tmp_path):
    (tmp_path / "link.txt").symlink_to(write(tmp_path, TEXT.encode()))
    assert read_document(tmp_path / "link.txt") == TEXT


def test_more_lines_than_a_document_can_have_are_refused(tmp_path):
    lines = "田\n" * (MAX_LINES - 1)
    assert read_document(write(tmp_path, lines.encode())) == lines
    with pytest.raises(UnreadableFile, match=str(MAX_LINES)):
        read_document(write(tmp_path, f"{lines}\n".encode()))


def test_missing_files_folders_and_closed_files_are_refused(tmp_path):
    closed = write(tmp_path, TEXT.encode())
    closed.chmod(0)
    refused = [tmp_path / "none.txt", tmp_path, "a\0b"] + ([closed] if os.geteuid() else [])
    for path in refused:
        with pytest.raises(UnreadableFile):
            read_document(path)


@settings(max_examples=300, deadline=None)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=60).map(lambda t: t.encode("utf-8", "ignore"))))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(data)
    try:
        text = read_document(path)
    except UnreadableFile:
        return
    assert text.strip()
    assert not {"\0", "\r", "\x1b"} & set(text)
