"""Interface texts: gathered from code and templates, kept in .po files, compiled; needs no gettext tools."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

# English is the source; Django's names of the locales that have a catalogue.
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


def gathered() -> Catalog:
    """Every text marked for translation in the portal's code and templates."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for name, message, comments, context in _found(Path(settings.BASE_DIR)):
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _found(base: Path) -> Iterator[tuple[str, str | tuple[str, ...], list[str], str | None]]:
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
    """A locale's catalogue as it is on disk; an empty one where there is none."""
    path = po_path(locale)
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=locale, charset="utf-8")


def update() -> None:
    """Bring every .po file in line with the code: new texts come in empty, unused ones go."""
    for locale in LOCALES:
        catalog = load(locale)
        catalog.update(gathered(), no_fuzzy_matching=True)
        catalog.obsolete.clear()
        path = po_path(locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalog, width=119, no_location=True, omit_header=False, sort_output=True)


def compile_all() -> None:
    """Write the .mo files that Django reads."""
    for locale in LOCALES:
        with po_path(locale).with_suffix(".mo").open("wb") as file:
            write_mo(file, load(locale))


def faults() -> list[str]:
    """What keeps a language from being complete: texts missing, unused, or with other placeholders."""
    wanted = {(message.id, message.context) for message in gathered() if message.id}
    found = []
    for locale in LOCALES:
        catalog = load(locale)
        have = {(m.id, m.context): m for m in catalog if m.id}
        found += [f"{locale}: not in the catalogue: {id!r}" for id, _context in sorted(wanted - have.keys(), key=str)]
        found += [f"{locale}: no longer used: {id!r}" for id, _context in sorted(have.keys() - wanted, key=str)]
        for key in wanted & have.keys():
            message = have[key]
            strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if not all(strings) or message.fuzzy:
                found.append(f"{locale}: not translated: {key[0]!r}")
            found += [f"{locale}: {error} in {key[0]!r}" for error in message.check(catalog)]
    return found
