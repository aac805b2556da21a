"""Uploaded pictures: checked by content before decoding, always encoded anew, kept in several widths as WebP."""

import re
import secrets
from io import BytesIO
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_PIXELS = 25_000_000  # all frames of an animation together
MAX_BYTES = 25 * 2**20
WIDTHS = (400, 800, 1200)  # pixels, of the renditions


def picture_path(instance: object, filename: str) -> str:
    """A random name: a picture's address tells nothing of its file and cannot be guessed."""
    return f"pictures/{secrets.token_hex(16)}.webp"


def encode_anew(upload: ContentFile | object) -> ContentFile:
    """An upload as a fresh WebP without metadata. Raises ValidationError, in the user's words, for anything else.

    The size is read from the header and judged before a pixel is decoded; what follows the picture in the file
    (another file, a script) is left behind by the new encoding.
    """
    data = upload.read(MAX_BYTES + 1)  # type: ignore[attr-defined, union-attr, call-arg]
    if len(data) > MAX_BYTES:
        raise ValidationError(_("The file is larger than %(limit)s MB."), params={"limit": MAX_BYTES // 2**20})
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            frames = getattr(picture, "n_frames", 1)
            if picture.width * picture.height * frames > MAX_PIXELS:
                raise ValidationError(
                    _("The picture has %(width)s × %(height)s pixels; at most 25 megapixels are taken."),
                    params={"width": picture.width, "height": picture.height},
                )
            return ContentFile(_webp(ImageOps.exif_transpose(picture), quality=88), name="picture.webp")
    except UnidentifiedImageError:
        raise ValidationError(_("This is no JPEG, PNG or WebP picture. SVG and other kinds are not taken.")) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValidationError(_("The picture is damaged and cannot be read.")) from None


def rendition_name(name: str, width: int) -> str:
    """`pictures/ab12.webp`, 400 -> `pictures/ab12-400.webp`."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-{width}.webp"))


def original_name(name: str) -> str:
    """The picture a rendition was made from: `pictures/ab12-400.webp` -> `pictures/ab12.webp`."""
    return re.sub(r"-\d+\.webp$", ".webp", name)


def make_renditions(storage: Storage, name: str) -> None:
    """Write the narrower copies of a stored picture that are not there yet; a picture is never widened."""
    with storage.open(name) as file, Image.open(file, formats=FORMATS) as picture:
        for width in WIDTHS:
            target = rendition_name(name, width)
            if width < picture.width and not storage.exists(target):
                small = picture.resize(
                    (width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS
                )
                storage.save(target, ContentFile(_webp(small, quality=82)))


def _webp(picture: Image.Image, quality: int) -> bytes:
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    out = BytesIO()
    picture.convert("RGBA" if has_alpha else "RGB").save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
