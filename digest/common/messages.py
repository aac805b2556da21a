"""Extracting, updating, compiling and checking message catalogues without the gettext tools."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

# Locales with a catalogue, as Django names them. The messages themselves are in English.
LOCALES = ("zh_Hant", "zh_Hans")
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}


def po_path(locale: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / "django.po"


def extract_messages() -> Catalog:
    """Return all messages in the code and templates."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for name, message, comments, context in _extract(Path(settings.BASE_DIR)):
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _extract(base: Path) -> Iterator[tuple[str, str | tuple[str, ...], list[str], str | None]]:
    code = [*base.glob("digest/**/*.py"), *base.glob("snz_portal/*.py")]
    for path in sorted([*code, *base.glob("templates/**/*.html"), *base.glob("templates/**/*.txt")]):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # Indentation in a template is not that of Python, which the extractor would reject.
            text = "\n".join(line.lstrip() for line in templatize(text, origin=str(path)).splitlines())
        name = str(path.relative_to(base))
        for _line, message, comments, context in extract("python", BytesIO(text.encode()), keywords=KEYWORDS):
            yield name, message, comments, context


def load(locale: str) -> Catalog:
    """Read the catalogue of a locale, or return an empty one if there is no file."""
    path = po_path(locale)
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale, charset="utf-8")


def update() -> None:
    """Update all .po files: add new messages without translations and remove unused ones."""
    for locale in LOCALES:
        catalog = load(locale)
        catalog.update(extract_messages(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        path = po_path(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=119, no_location=True, omit_header=False, sort_output=True)


def compile_all() -> None:
    """Compile all .po files to .mo files."""
    for locale in LOCALES:
        with po_path(locale).with_suffix(".mo").open("wb") as file:
            write_mo(file, load(locale))


def find_problems() -> list[str]:
    """Return problems of the catalogues: missing, unused and untranslated messages, and wrong placeholders."""
    wanted = {(message.id, message.context) for message in extract_messages() if message.id}
    problems = []
    for locale in LOCALES:
        catalog = load(locale)
        have = {(m.id, m.context): m for m in catalog if m.id}
        problems += [f"{locale}: missing: {id!r}" for id, _context in sorted(wanted - have.keys(), key=str)]
        problems += [f"{locale}: unused: {id!r}" for id, _context in sorted(have.keys() - wanted, key=str)]
        for key in wanted & have.keys():
            message = have[key]
            strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if not all(strings) or message.fuzzy:
                problems.append(f"{locale}: not translated: {key[0]!r}")
            problems += [f"{locale}: {error} in {key[0]!r}" for error in message.check(catalog)]
    return problems
