"""Pictures: which uploads are accepted, and what is stored of them."""

import os
import struct
import subprocess
import sys
import zlib
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageCms

from digest.archive import picture_encoding
from digest.archive.picture_encoding import encode_picture, make_renditions
from digest.archive.pictures import delete_picture_files, original_name, rendition_name
from tests.selection import sampled


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def striped(mode: str = "RGB", size: tuple[int, int] = (60, 40)) -> Image.Image:
    """A picture with a red upper and a blue lower half."""
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 30, 200), (0, size[1] // 2, size[0], size[1]))
    return image.convert(mode)


def anew(data: bytes) -> Image.Image:
    return Image.open(BytesIO(encode_picture(BytesIO(data)).read()))


def refusal(data: bytes) -> str:
    """The English message for an upload that is rejected."""
    with pytest.raises(ValidationError) as caught, translation.override("en"):
        encode_picture(BytesIO(data))
    with translation.override("en"):
        return str(caught.value.messages[0])


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG with this size in its header, whatever the size of its data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(10_000)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + chunk(b"IEND", b"")


EXIF = Image.Exif()
EXIF[0x010F] = "SECRETCAM"
EXIF.get_ifd(0x8825).update({1: "N", 2: (25.0, 1.0, 2.0)})
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

TAKEN = {
    "jpeg": encoded(striped(), "JPEG"),
    "progressive jpeg": encoded(striped(), "JPEG", progressive=True),
    "grey jpeg": encoded(striped("L"), "JPEG"),
    "cmyk jpeg": encoded(striped("CMYK"), "JPEG"),
    "jpeg with a profile": encoded(striped(), "JPEG", icc_profile=SRGB),
    "jpeg with a damaged profile": encoded(striped(), "JPEG", icc_profile=b"no profile" * 20),
    "cmyk jpeg with another's profile": encoded(striped("CMYK"), "JPEG", icc_profile=SRGB),
    "two pictures of a camera (mpo)": encoded(striped(), "MPO", save_all=True, append_images=[striped()]),
    "png": encoded(striped(), "PNG"),
    "png of one bit": encoded(striped("1"), "PNG"),
    "png with a palette": encoded(striped("P"), "PNG"),
    "animated png": encoded(striped(), "PNG", save_all=True, append_images=[striped().rotate(180)]),
    "webp": encoded(striped(), "WEBP"),
    "animated webp": encoded(striped(), "WEBP", save_all=True, append_images=[striped().rotate(180)]),
}


@pytest.mark.parametrize("data", TAKEN.values(), ids=TAKEN.keys())
def test_jpeg_png_and_webp_become_a_still_webp_of_the_same_size(data):
    picture = anew(data)
    assert (picture.format, picture.size, picture.n_frames) == ("WEBP", (60, 40), 1)


@pytest.mark.parametrize("name", [name for name in TAKEN if "grey" not in name and "one bit" not in name])
def test_colours_stay_what_they_were(name):
    picture = anew(TAKEN[name]).convert("RGB")
    red, blue = picture.getpixel((30, 5)), picture.getpixel((30, 35))
    assert red[0] > 140 and red[2] < 90, red
    assert blue[2] > 110 and blue[0] < 90, blue


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_the_camera_noted_is_gone(kind):
    data = encoded(striped(), kind, exif=EXIF, icc_profile=SRGB)
    assert b"SECRETCAM" in data
    picture = anew(data)
    assert not picture.getexif() and {"exif", "xmp", "icc_profile"}.isdisjoint(picture.info)


def test_a_picture_held_sideways_is_turned_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert anew(encoded(striped(), "JPEG", exif=exif)).size == (40, 60)


def test_damaged_notes_do_not_spoil_the_picture():
    assert anew(encoded(striped(), "JPEG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")).size == (60, 40)


def test_sixteen_bits_of_grey_are_not_cut_off_to_white():
    image = Image.new("I;16", (8, 8), 32768)
    assert abs(anew(encoded(image, "PNG")).getpixel((4, 4))[0] - 128) < 8


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_was_transparent_stays_so(mode):
    options = {"transparency": 0} if mode == "P" else {}
    image = Image.new(mode, (8, 8), 0 if mode == "P" else None)
    assert anew(encoded(image, "PNG", **options)).convert("RGBA").getpixel((4, 4))[3] == 0


def test_a_page_hidden_behind_a_picture_is_left_behind():
    data = TAKEN["png"] + b"<script>alert(1)</script>"
    assert b"script" not in encode_picture(BytesIO(data)).read()


REFUSED = {
    "gif": encoded(striped("P"), "GIF"),
    "bmp": encoded(striped(), "BMP"),
    "tiff": encoded(striped(), "TIFF"),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page": b"<!doctype html><title>x</title>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "nothing": b"",
    "text": "照片".encode(),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_other_kinds_are_refused_by_their_content_with_the_reason(data):
    assert "JPEG, PNG or WebP" in refusal(data)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp"])
def test_a_picture_cut_off_is_called_damaged(name):
    data = TAKEN[name]
    assert "damaged" in refusal(data[: len(data) * 3 // 4])


BOMBS = {
    "144 megapixels": png(12_000, 12_000),
    "400 megapixels": png(20_000, 20_000),
    "26 megapixels": png(5_200, 5_000),
    "ten thousand frames": png(100, 100, chunk(b"acTL", struct.pack(">II", 10_000, 0))),
    "webp of 26 megapixels": encoded(Image.new("RGB", (5_200, 5_000)), "WEBP", lossless=True, quality=0, method=0),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_more_than_25_megapixels_are_refused_before_decoding(data, monkeypatch):
    monkeypatch.setattr(Image.Image, "convert", None)
    monkeypatch.setattr(Image.Image, "resize", None)
    assert "limit is 25" in refusal(data)


@pytest.mark.parametrize(("width", "height"), [(25_000_000, 1), (1, 25_000_000), (50_001, 2)])
def test_a_picture_with_a_very_long_side_is_refused_before_decoding(width, height, monkeypatch):
    """A file of 71 kB with 25,000,000 x 1 pixels took 1.4 GB."""
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    assert "pixels long on one side; the limit is 50000" in refusal(png(width, height))


def test_a_text_that_unpacks_to_100_megabytes_is_refused():
    bomb = png(8, 8, chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**8))))
    assert "damaged" in refusal(bomb)


def test_a_file_of_more_than_25_megabytes_is_refused(monkeypatch):
    monkeypatch.setattr(picture_encoding, "MAX_BYTES", 2**20)
    assert "larger than 1 MB" in refusal(TAKEN["png"] + bytes(2**20))


def test_more_pixels_than_needed_are_not_kept():
    picture = anew(encoded(Image.new("L", (4_000, 4_000)), "PNG"))
    assert picture.width * picture.height <= picture_encoding.MAX_STORED_PIXELS
    assert anew(encoded(Image.new("L", (20_000, 100)), "PNG")).width <= 16_383


def noise(path, side: int, mode: str, **options) -> None:
    """A large picture that compresses badly in all formats."""
    small = Image.effect_noise((side // 5, side // 5), 50)
    bands = [small.rotate(90 * turn) for turn in range(4)]
    image = Image.merge("RGBA", bands).convert(mode) if mode != "P" else small.quantize(16)
    image.resize((side, side), Image.Resampling.NEAREST).save(path, **options)


# What libwebp and Pillow take for decoding a WebP of this size is beyond our reach.
LARGEST = {
    "palette.png": (5_000, "P", 250, {"compress_level": 1}),
    "kept_as_it_is.png": (3_000, "RGB", 250, {}),
    "transparent.png": (5_000, "RGBA", 250, {}),
    "progressive.jpg": (5_000, "RGB", 250, {"progressive": True, "subsampling": 0}),
    "large.webp": (5_000, "RGB", 450, {"method": 0}),
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize("name", sampled(LARGEST))
def test_reading_the_largest_picture_takes_less_than_250_megabytes(tmp_path, name):
    side, mode, megabytes, options = LARGEST[name]
    noise(tmp_path / name, side, mode, **options)
    program = (
        "import re, sys, django; django.setup()\n"
        "from digest.archive.picture_encoding import encode_picture\n"
        "def kilobytes(name): return int(re.search(name + r':\\s+(\\d+) kB', open('/proc/self/status').read())[1])\n"
        "before = kilobytes('VmRSS')\n"
        "encode_picture(open(sys.argv[1], 'rb'))\n"
        "print(kilobytes('VmHWM') - before)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", program, str(tmp_path / name)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    assert int(done.stdout) * 1024 < megabytes * 1_000_000


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_made_smaller_in_bands_a_picture_is_the_same_as_made_smaller_at_once(mode, monkeypatch):
    image = Image.effect_noise((900, 700), 80).convert(mode)
    monkeypatch.setattr(picture_encoding, "BAND_HEIGHT", 64)
    in_bands = picture_encoding._resize_in_bands(image, 630, 490)
    at_once = image.resize((630, 490), Image.Resampling.LANCZOS)
    assert max(high for _low, high in ImageChops.difference(in_bands, at_once).convert("RGB").getextrema()) <= 2


def test_a_large_picture_with_transparency_stays_transparent_and_is_kept_smaller():
    image = Image.new("RGBA", (3_000, 3_000), (200, 30, 30, 0))
    image.paste((30, 30, 200, 255), (0, 1_500, 3_000, 3_000))
    picture = anew(encoded(image, "PNG")).convert("RGBA")
    assert picture.width * picture.height <= picture_encoding.MAX_STORED_PIXELS_TRANSPARENT
    assert picture.getpixel((9, 9))[3] == 0 and picture.getpixel((9, picture.height - 9))[3] == 255


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_tampered_picture_is_read_or_refused_and_nothing_else(data):
    content = bytearray(data.draw(st.sampled_from(list(TAKEN.values()))))
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        assert encode_picture(BytesIO(content)).size
    except ValidationError as error:
        assert error.messages


def test_renditions_are_narrower_and_never_wider():
    storage = InMemoryStorage()
    storage.save("pictures/ab12.webp", ContentFile(encoded(striped(size=(900, 600)), "WEBP")))
    make_renditions(storage, "pictures/ab12.webp")
    make_renditions(storage, "pictures/ab12.webp")
    assert sorted(storage.listdir("pictures")[1]) == ["ab12-400.webp", "ab12-800.webp", "ab12.webp"]
    assert Image.open(storage.open("pictures/ab12-400.webp")).size == (400, 267)


def test_a_very_wide_picture_has_renditions_of_at_least_one_pixel():
    storage = InMemoryStorage()
    storage.save("pictures/ab12.webp", ContentFile(encoded(Image.new("RGB", (5_000, 1)), "WEBP")))
    make_renditions(storage, "pictures/ab12.webp")
    assert Image.open(storage.open("pictures/ab12-400.webp")).size == (400, 1)


def test_discarding_removes_the_picture_with_its_renditions():
    storage = InMemoryStorage()
    storage.save("pictures/ab12.webp", ContentFile(encoded(striped(size=(900, 600)), "WEBP")))
    make_renditions(storage, "pictures/ab12.webp")
    delete_picture_files(storage, "pictures/ab12.webp")
    delete_picture_files(storage, "pictures/ab12.webp")
    assert storage.listdir("pictures")[1] == []


def test_a_rendition_knows_its_original():
    assert original_name(rendition_name("pictures/ab12.webp", 800)) == "pictures/ab12.webp"
