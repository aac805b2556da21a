"""Uploaded pictures: checked by content before decoding, always encoded anew, kept in several widths as WebP.

Only what reads or writes a picture loads this: Pillow takes a megabyte of a worker.
"""

import math
import struct
from io import BytesIO
from typing import Protocol

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, UnidentifiedImageError
from PIL.ExifTags import Base as Exif

from digest.archive.pictures import WIDTHS, rendition_name

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 25_000_000  # all frames of an animation together
KEPT_PIXELS = 9_000_000  # larger ones are kept smaller: enough for an A4 page at 250 dots an inch
KEPT_IF_TRANSPARENT = 4_500_000  # libwebp takes some 36 bytes a pixel to pack transparency, in the worst case
MAX_SIDE = 16_383  # pixels; WebP has 14 bits for a side
LONGEST_SIDE = 50_000  # pixels of an upload: each row and column takes memory beside the pixels
MAX_BYTES = 25 * 2**20
BAND = 256  # rows of a large picture that are made smaller at a time

# Pillow's own guard, before ours: above twice this number it opens nothing. libwebp, for one, sets memory aside for
# the whole canvas when a file is merely opened.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Upload(Protocol):
    """A file that was sent, or any open binary file."""

    def seek(self, offset: int, /) -> object: ...

    def read(self, size: int, /) -> bytes: ...


def encode_anew(upload: Upload) -> "ContentFile[bytes]":
    """An upload as a fresh WebP without metadata. Raises ValidationError, in the user's words, for anything else.

    The size is read from the header and judged before a pixel is decoded; what follows the picture in the file
    (another file, a script) is left behind by the new encoding. Of an animation the first frame is kept. The worst
    JPEG or PNG brings the process to 285 MiB, of which 55 are Django's. A WebP of 25 megapixels brings it to 460:
    libwebp decodes into two canvases and Pillow copies the result twice, 16 bytes a pixel.
    """
    upload.seek(0)
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The file is larger than %(limit)s MB."), params={"limit": MAX_BYTES // 2**20})
    try:
        return ContentFile(_webp(_decoded(data), quality=88), name="picture.webp")
    except UnidentifiedImageError:
        raise ValidationError(_("This is no JPEG, PNG or WebP picture. SVG and other kinds are not taken.")) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(_("The picture is too large: at most 25 megapixels are taken.")) from None
    except (OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error):
        # What Pillow's readers are known to raise for files that are cut off or tampered with.
        raise ValidationError(_("The picture is damaged and cannot be read.")) from None


def _decoded(data: bytes) -> Image.Image:
    """The picture upright, in the web's colours, and no larger than is kept."""
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        _judge(picture)
        turn = _turn(picture)
        if picture.info.get("progressive") and picture.width * picture.height > KEPT_PIXELS:
            # libjpeg holds all coefficients of such a file at once, 6 bytes a pixel: no room for the pixels as well.
            picture.draft(picture.mode, (picture.width // 2, picture.height // 2))
        picture.load()
        plain, profile = _smaller(picture), picture.info.get("icc_profile")
    plain = _in_srgb(plain, profile)
    return plain if turn is None else plain.transpose(turn)


def _judge(picture: Image.Image) -> None:
    """Raise ValidationError for a picture that is too large to decode. Looks at the header only."""
    if max(picture.size) > LONGEST_SIDE:
        raise ValidationError(
            _("The picture is %(side)s pixels long on one side; at most %(limit)s are taken."),
            params={"side": max(picture.size), "limit": LONGEST_SIDE},
        )
    # A camera's MPO holds previews behind the picture; they are never decoded and do not count.
    frames = getattr(picture, "n_frames", 1) if picture.format in ("PNG", "WEBP") else 1
    pixels = picture.width * picture.height * frames
    if pixels > MAX_PIXELS:
        raise ValidationError(
            _("The picture has %(megapixels)s megapixels, all frames together; at most 25 are taken."),
            params={"megapixels": -(-pixels // 100_000) / 10},
        )


def _eight_bits(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel: RGB, RGBA or CMYK."""
    if picture.mode == "CMYK":
        return picture
    if picture.mode.startswith("I"):  # 16 bits of grey, which `convert` would cut off at 255
        return picture.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    wanted = "RGBA" if has_alpha else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)


def _smaller(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel, and no more pixels than are kept."""
    kept = KEPT_IF_TRANSPARENT if _is_transparent(picture) else KEPT_PIXELS
    scale = min(1.0, (kept / (picture.width * picture.height)) ** 0.5, MAX_SIDE / max(picture.size))
    if scale == 1.0:
        return _eight_bits(picture)
    return _resized(picture, max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))


def _is_transparent(picture: Image.Image) -> bool:
    """Whether a reader may see through it somewhere; many an opaque picture comes with a channel for it."""
    if picture.mode in ("RGBA", "LA"):
        return bool(picture.getextrema()[-1][0] < 255)  # type: ignore[index]
    return picture.mode == "PA" or "transparency" in picture.info


def _resized(picture: Image.Image, width: int, height: int) -> Image.Image:
    """A large picture made smaller band by band: resizing it at once would take several copies of it, 100 MB each."""
    step = picture.height / height
    reach = math.ceil(3 * step) + 1  # rows beyond a band that its outermost rows are made from (Lanczos)
    small = None
    for top in range(0, height, BAND):
        bottom = min(top + BAND, height)
        first, last = max(0, int(top * step) - reach), min(picture.height, math.ceil(bottom * step) + reach)
        band = _eight_bits(picture.crop((0, first, picture.width, last)))
        box = (0, top * step - first, picture.width, min(bottom * step, picture.height) - first)
        part = band.resize((width, bottom - top), Image.Resampling.LANCZOS, box=box)
        small = small or Image.new(part.mode, (width, height))
        small.paste(part, (0, top))
    return small or picture  # a picture has at least one band


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in the colours of the web: print's CMYK and cameras' wide colours are brought home."""
    wanted = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, source, target, outputMode=wanted) or picture
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a profile that is damaged or for another kind of picture: the plain reading must do
    return picture if picture.mode == wanted else picture.convert(wanted)


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """What brings the picture upright, as its camera noted (Exif's Orientation)."""
    try:
        return _TURNS.get(picture.getexif().get(Exif.Orientation, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error):
        return None  # damaged notes do not spoil the picture


def make_renditions(storage: Storage, name: str) -> None:
    """Write the narrower copies of a stored picture that are not there yet; a picture is never widened."""
    with storage.open(name) as file, Image.open(file, formats=FORMATS) as picture:
        for width in WIDTHS:
            target = rendition_name(name, width)
            if width < picture.width and not storage.exists(target):
                height = max(1, round(picture.height * width / picture.width))
                small = picture.resize((width, height), Image.Resampling.LANCZOS)
                storage.save(target, ContentFile(_webp(small, quality=82)))


def _webp(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()
