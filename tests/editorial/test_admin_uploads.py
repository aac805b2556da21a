"""Malicious files uploaded as pictures are encoded again or rejected with a reason; none is stored unchanged."""

import struct
import zipfile
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from PIL import Image

from digest.archive import picture_encoding
from digest.archive.models import Figure
from tests import factories
from tests.editorial.editor_client import errors

pytestmark = pytest.mark.django_db
TOLD = {"role": "poster", "translations-0-alternative": "一片綠田", "translations-1-alternative": "A green field"}
PAYLOAD = b"<?php system('id'); ?><script>alert(1)</script>"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = None
    return tmp_path


@pytest.fixture
def form(editor):
    """The form of a new poster, filled in except for the file."""
    form = editor.open(Figure, query=f"?item={factories.make_item('event').pk}")
    form.data |= TOLD
    return form


def send(form, content: bytes, name: str = "poster.png", kind: str = "image/png", language: str = "en"):
    """Upload with this file name unchanged, which Django's test client would clean."""
    data = form.data | {"picture": SimpleUploadedFile("NAME.png", content, "image/x-kind")}
    body = encode_multipart(BOUNDARY, data).replace(b"NAME.png", name.encode(), 1).replace(b"image/png", kind.encode())
    return form.client.generic("POST", form.url, body, MULTIPART_CONTENT, headers={"accept-language": language})


def stored(media) -> list:
    return [path for path in media.rglob("*") if path.is_file()]


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes, rows: bytes = bytes(10_000)) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body


def encoded(kind: str, **options) -> bytes:
    out = BytesIO()
    Image.open(BytesIO(factories.make_picture((90, 60), "PNG"))).convert("RGB").save(out, kind, **options)
    return out.getvalue()


def film(kind: str, frames: int, side: int) -> bytes:
    """An animation with different frames."""
    first, *rest = [Image.new("RGB", (side, side), (n % 256, n // 256, 90)) for n in range(frames)]
    out = BytesIO()
    options = {"lossless": True, "quality": 0, "method": 0} if kind == "WEBP" else {}
    first.save(out, kind, save_all=True, append_images=rest, **options)
    return out.getvalue()


def archive(name: str) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(name, PAYLOAD)
    return out.getvalue()


def with_camera_notes() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAM"
    exif.get_ifd(0x8825).update({1: "N", 2: (25.0, 1.0, 2.0), 3: "E", 4: (121.0, 30.0, 0.0)})
    return encoded("JPEG", exif=exif, comment=PAYLOAD)


REFUSED = {
    "a bomb of 144 megapixels, whole": (png(12_000, 12_000, rows=bytes(12_001 * 12_000)), "megapixels"),
    "a bomb of 196 megapixels, header only": (png(14_000, 14_000), "megapixels"),
    "a header of 4 thousand million a side": (png(2**31 - 1, 2**31 - 1), "megapixels"),
    "no width": (png(0, 10), ""),
    "an animation that claims 10,000 frames": (png(100, 100, chunk(b"acTL", struct.pack(">II", 10**4, 0))), "frames"),
    "a WebP film of 30 frames, a megapixel each": (film("WEBP", 30, 1000), "frames"),
    "a PNG film of 30 frames, a megapixel each": (film("PNG", 30, 1000), "frames"),
    "a text that unpacks to 100 MB": (png(8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**8)))), "damaged"),
    "a profile that unpacks to 100 MB": (png(8, 8, chunk(b"iCCP", b"k\0\0" + zlib.compress(bytes(10**8)))), ""),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
    "svg after a declaration": (b"<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", "SVG"),
    "a page": (b"<!doctype html><script>alert(1)</script>", "JPEG, PNG or WebP"),
    "a page behind a gif's mark": (b"GIF89a/*" + PAYLOAD, "JPEG, PNG or WebP"),
    "a page behind a png's mark": (b"\x89PNG\r\n\x1a\n" + PAYLOAD, ""),
    "a zip": (archive("x.php"), "JPEG, PNG or WebP"),
    "a word document": (archive("word/document.xml"), "JPEG, PNG or WebP"),
    "postscript": (b"%!PS-Adobe-3.0 EPSF-3.0\n(id) (%pipe%sh) file\n", "JPEG, PNG or WebP"),
    "pdf": (b"%PDF-1.7\n" + PAYLOAD, "JPEG, PNG or WebP"),
    "bmp": (encoded("BMP"), "JPEG, PNG or WebP"),
    "ico": (encoded("ICO"), "JPEG, PNG or WebP"),
    "tiff": (encoded("TIFF"), "JPEG, PNG or WebP"),
    "nothing": (b"", "empty"),
    "one byte": (b"\x89", "JPEG, PNG or WebP"),
    "a jpeg cut off": (encoded("JPEG")[:500], "damaged"),
    "a png cut off": (encoded("PNG")[:120], "damaged"),
    "a webp cut off": (encoded("WEBP")[:-30], "damaged"),
    "a jpeg's beginning only": (b"\xff\xd8\xff\xe0", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_a_reason_and_nothing_is_stored(form, media, case, django_capture_on_commit_callbacks):
    content, words = REFUSED[case]
    with django_capture_on_commit_callbacks(execute=True):
        page = send(form, content)
    assert words in errors(page) and "A green field" in page.content.decode()
    assert stored(media) == [] and not Figure.objects.exists()


CLEANED = {
    "a camera's notes and place": with_camera_notes(),
    "a script behind a png": encoded("PNG") + PAYLOAD,
    "a zip behind a jpeg": encoded("JPEG") + archive("x.php"),
    "a script in a png's text": encoded("PNG")[:33] + chunk(b"tEXt", b"k\0" + PAYLOAD) + encoded("PNG")[33:],
    "a script in a webp's notes": encoded("WEBP", xmp=PAYLOAD),
    "a short film": film("PNG", 3, 60),
}


@pytest.mark.parametrize("case", CLEANED)
def test_it_is_stored_as_a_new_picture_without_what_came_along(form, media, case, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert send(form, CLEANED[case]).status_code == 302
    assert stored(media)
    for path in stored(media):
        data = path.read_bytes()
        assert not any(left in data for left in (PAYLOAD, b"script", b"php", b"SECRETCAM", b"PK\x03\x04"))
        with Image.open(path) as picture:
            assert picture.format == "WEBP" and picture.n_frames == 1 and not picture.getexif()


NAMES = [
    "../../../x.png",
    "..\\..\\x.png",
    "/etc/cron.d/x.png",
    "C:\\x.png",
    "x.php",
    "x.png.php",
    "x.exe",
    ".htaccess",
    "x.png;.php",
    "x.svg",
    "CON.png",
    "照片 (1).png",
    "\u202egnp.exe",
    "<script>alert(1)</script>.png",
    "l" * 255 + ".png",
    "田" * 250,
    "%2e%2e%2fx.png",
    "x%00.png",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_files_name_and_ending_mean_nothing(form, media, name, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert send(form, encoded("JPEG"), name=name, kind="application/x-php").status_code == 302
    (path,) = stored(media)
    assert path.parent == media / "media" / "pictures" and len(path.stem) == 32 and path.suffix == ".webp"


@pytest.mark.parametrize("name", ["", ".", "..", "x/", "\x00", "l" * 5_000 + ".png", "田" * 5_000])
def test_a_file_without_a_usable_name_is_no_file_and_no_error(form, media, name):
    assert send(form, encoded("PNG"), name=name).status_code in (200, 302, 400)
    assert all(path.suffix == ".webp" for path in stored(media))


def test_a_file_beyond_the_limit_is_refused_unread(form, media, monkeypatch):
    monkeypatch.setattr(picture_encoding, "MAX_BYTES", 2**20)
    assert "larger than 1 MB" in errors(send(form, encoded("PNG") + bytes(3 * 2**20)))
    assert stored(media) == []


WORDS = [("zh-hant", "不接受SVG"), ("zh-hans", "不接受SVG"), ("en", "SVG and other formats are not accepted")]


@pytest.mark.parametrize(("language", "words"), WORDS)
def test_the_reason_is_in_the_editors_language_beside_what_was_typed(form, language, words):
    html = send(form, REFUSED["svg"][0], language=language).content.decode()
    assert words in html and "一片綠田" in html
