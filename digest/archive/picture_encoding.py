"""Checks uploaded pictures before decoding, encodes them again as WebP, and makes renditions of several widths.

Imported only where a picture is read or written, since Pillow takes a megabyte of memory per worker.
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
MAX_PIXELS = 25_000_000  # of all frames of an animation
MAX_STORED_PIXELS = 9_000_000  # larger pictures are scaled down; enough for A4 at 250 dpi
MAX_STORED_PIXELS_TRANSPARENT = 4_500_000  # libwebp needs up to 36 bytes per pixel for transparency
MAX_SIDE = 16_383  # pixels; the limit of WebP (14 bits)
MAX_UPLOAD_SIDE = 50_000  # pixels; each row and column takes memory besides the pixels
MAX_BYTES = 25 * 2**20
BAND_HEIGHT = 256  # rows of a large picture that are scaled down at a time

# Pillow opens no picture with more than twice this number. This matters because libwebp, for example, allocates
# memory for all pixels when a file is opened.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_TRANSPOSES = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class BinaryFile(Protocol):
    """An uploaded file, or any open binary file."""

    def seek(self, offset: int, /) -> object: ...

    def read(self, size: int, /) -> bytes: ...


def encode_picture(upload: BinaryFile) -> "ContentFile[bytes]":
    """Encode an upload as a new WebP file without metadata. Raises ValidationError with a message for the user.

    The size is read from the header and checked before the pixels are decoded. Anything appended to the picture in
    the file (another file, a script) is not in the new file. Of an animation, only the first frame is kept. Memory of
    the process: up to 285 MiB for a JPEG or PNG, of which Django needs 55; 460 MiB for a WebP of 25 megapixels, since
    libwebp decodes into two buffers and Pillow copies the result twice, 16 bytes per pixel.
    """
    upload.seek(0)
    data = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The file is larger than %(limit)s MB."), params={"limit": MAX_BYTES // 2**20})
    try:
        return ContentFile(_encode_webp(_decode(data), quality=88), name="picture.webp")
    except UnidentifiedImageError:
        raise ValidationError(
            _("This is not a JPEG, PNG or WebP image. SVG and other formats are not accepted.")
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValidationError(_("The image is too large: the limit is 25 megapixels.")) from None
    except (OSError, EOFError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error):
        # What Pillow is known to raise for truncated or manipulated files.
        raise ValidationError(_("The image is damaged and cannot be read.")) from None


def _decode(data: bytes) -> Image.Image:
    """The picture upright, in sRGB, and scaled down to the size that is stored."""
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        _check_size(picture)
        transpose = _transpose_to_upright(picture)
        if picture.info.get("progressive") and picture.width * picture.height > MAX_STORED_PIXELS:
            # libjpeg keeps all coefficients of such a file, 6 bytes per pixel: too much together with the pixels.
            picture.draft(picture.mode, (picture.width // 2, picture.height // 2))
        picture.load()
        reduced, profile = _scale_down(picture), picture.info.get("icc_profile")
    converted = _convert_to_srgb(reduced, profile)
    return converted if transpose is None else converted.transpose(transpose)


def _check_size(picture: Image.Image) -> None:
    """Raise ValidationError for a picture that is too large to decode. Reads the header only."""
    if max(picture.size) > MAX_UPLOAD_SIDE:
        raise ValidationError(
            _("The image is %(side)s pixels long on one side; the limit is %(limit)s."),
            params={"side": max(picture.size), "limit": MAX_UPLOAD_SIDE},
        )
    # The MPO files of cameras contain previews; they are never decoded, so they do not count.
    frames = getattr(picture, "n_frames", 1) if picture.format in ("PNG", "WEBP") else 1
    pixels = picture.width * picture.height * frames
    if pixels > MAX_PIXELS:
        raise ValidationError(
            _("The image has %(megapixels)s megapixels in total, counting all frames; the limit is 25."),
            params={"megapixels": -(-pixels // 100_000) / 10},
        )


def _convert_to_eight_bits(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits per channel: RGB, RGBA or CMYK."""
    if picture.mode == "CMYK":
        return picture
    if picture.mode.startswith("I"):  # 16-bit greyscale, which `convert` would clip at 255
        return picture.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    wanted = "RGBA" if has_alpha else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)


def _scale_down(picture: Image.Image) -> Image.Image:
    """The picture with 8 bits per channel, and at most as many pixels as are stored."""
    max_pixels = MAX_STORED_PIXELS_TRANSPARENT if _is_transparent(picture) else MAX_STORED_PIXELS
    scale = min(1.0, (max_pixels / (picture.width * picture.height)) ** 0.5, MAX_SIDE / max(picture.size))
    if scale == 1.0:
        return _convert_to_eight_bits(picture)
    return _resize_in_bands(picture, max(1, int(picture.width * scale)), max(1, int(picture.height * scale)))


def _is_transparent(picture: Image.Image) -> bool:
    """Whether any pixel may be transparent; many opaque pictures have an alpha channel, too."""
    if picture.mode in ("RGBA", "LA"):
        return bool(picture.getextrema()[-1][0] < 255)  # type: ignore[index]
    return picture.mode == "PA" or "transparency" in picture.info


def _resize_in_bands(picture: Image.Image, width: int, height: int) -> Image.Image:
    """Scale a large picture down band by band: resizing it at once would take several copies of 100 MB each."""
    step = picture.height / height
    reach = math.ceil(3 * step) + 1  # rows beyond a band that Lanczos resampling uses for its outer rows
    small = None
    for top in range(0, height, BAND_HEIGHT):
        bottom = min(top + BAND_HEIGHT, height)
        first, last = max(0, int(top * step) - reach), min(picture.height, math.ceil(bottom * step) + reach)
        band = _convert_to_eight_bits(picture.crop((0, first, picture.width, last)))
        box = (0, top * step - first, picture.width, min(bottom * step, picture.height) - first)
        part = band.resize((width, bottom - top), Image.Resampling.LANCZOS, box=box)
        small = small or Image.new(part.mode, (width, height))
        small.paste(part, (0, top))
    return small or picture  # a picture has at least one band


def _convert_to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture converted to sRGB, from CMYK or from the colour profile of a camera."""
    wanted = "RGBA" if picture.mode == "RGBA" else "RGB"
    if profile:
        try:
            source, target = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(picture, source, target, outputMode=wanted) or picture
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            pass  # a damaged or unsuitable profile: convert without it
    return picture if picture.mode == wanted else picture.convert(wanted)


def _transpose_to_upright(picture: Image.Image) -> Image.Transpose | None:
    """The transposition that makes the picture upright, by its Exif orientation."""
    try:
        return _TRANSPOSES.get(picture.getexif().get(Exif.Orientation, 1))
    except (OSError, SyntaxError, ValueError, TypeError, LookupError, OverflowError, struct.error):
        return None  # damaged Exif data does not matter


def make_renditions(storage: Storage, name: str) -> None:
    """Write the renditions of a stored picture that do not exist yet; a picture is never enlarged."""
    with storage.open(name) as file, Image.open(file, formats=FORMATS) as picture:
        for width in WIDTHS:
            target = rendition_name(name, width)
            if width < picture.width and not storage.exists(target):
                height = max(1, round(picture.height * width / picture.width))
                small = picture.resize((width, height), Image.Resampling.LANCZOS)
                storage.save(target, ContentFile(_encode_webp(small, quality=82)))


def _encode_webp(picture: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    picture.save(out, "WEBP", quality=quality, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return out.getvalue()
