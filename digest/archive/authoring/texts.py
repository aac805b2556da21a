"""Texts of rows by language: which text is a translation of which, and the conversion between Chinese scripts."""

from collections.abc import Iterable, Mapping
from typing import Any

from digest.archive.authoring.affected import add_affected
from digest.archive.changes import record_changes
from digest.archive.models import Origin, Source, SourceName, Translated, TranslationBase
from digest.archive.models.source import KEY_LENGTH
from digest.common.conversion import CONVERSIONS
from digest.common.languages import LANGUAGES
from digest.common.text import name_key

Rows = dict[str, TranslationBase]  # by language code


def write_text(owner: Translated, language: str, **texts: str) -> bool:
    """Write texts of `owner` in one language; other fields keep theirs. Returns whether anything changed."""
    return write_texts(owner, {language: texts})


def write_texts(owner: Translated, texts: Mapping[str, Mapping[str, str]]) -> bool:
    """Like `write_text`, in several languages: language code -> field -> text."""
    with record_changes():
        stored = _stored_rows(owner)
        changed = []
        for language, values in texts.items():
            row = stored.get((language, False)) or _translation_model(owner)(owner=owner, language=language)
            differing = [name for name, value in values.items() if getattr(row, name) != value]
            for name in differing:
                setattr(row, name, values[name])
            if differing or row.pk is None:
                changed.append(row)
        if changed:
            save_texts(owner, changed)
    return bool(changed)


def save_texts(owner: Translated, rows: Iterable[TranslationBase], deleted: Iterable[TranslationBase] = ()) -> None:
    """Save and delete written texts of `owner`, such as those of a form.

    Also records which text is a translation of which, converts to the other Chinese script, and updates the keys by
    which sources are found.
    """
    rows, deleted = list(rows), list(deleted)
    with record_changes() as change:
        stored = _stored_rows(owner)
        before = {code: row.text_digest for (code, converted), row in stored.items() if not converted}
        stamps = {code: _translation_source(row) for (code, converted), row in stored.items() if not converted}
        written = {code: row for (code, converted), row in stored.items() if not converted}
        for row in deleted:
            row.delete()
            written.pop(row.language, None)
        for row in rows:
            row.text_digest = row.digest()
            written[row.language] = row
        _update_translation_sources(written, before)
        known = {row.pk for row in stored.values()}
        for row in rows:
            if row.pk not in known:  # new, or restored from its history
                row.save()
            else:
                row.save(update_fields=[*row.edited_fields(), "origin", "translated_from", "source_digest"])
        for code, row in written.items():
            if row not in rows and _translation_source(row) != stamps.get(code):
                type(row)._default_manager.filter(
                    pk=row.pk
                ).update(  # by update(), since history is kept of texts only
                    translated_from=row.translated_from, source_digest=row.source_digest
                )
        _convert(owner, written, {code: row for (code, converted), row in stored.items() if converted})
        if isinstance(owner, Source):
            _update_name_keys(owner, written)
        add_affected(change, owner)


def convert_scripts(owner: Translated) -> None:
    """Convert the texts of `owner` to the missing Chinese script again, as after a change of the phrase list."""
    with record_changes() as change:
        stored = _stored_rows(owner)
        written = {code: row for (code, converted), row in stored.items() if not converted}
        if _convert(owner, written, {code: row for (code, converted), row in stored.items() if converted}):
            add_affected(change, owner)


def mark_up_to_date(owner: Translated, languages: Iterable[str] | None = None) -> int:
    """Mark translations as up to date with their source texts; returns how many had been out of date."""
    with record_changes():
        written = {code: row for (code, converted), row in _stored_rows(owner).items() if not converted}
        count = 0
        for code, row in written.items():
            source = written.get(row.translated_from)
            if (languages is None or code in languages) and source is not None and row.is_outdated(source):
                row.record_source(source)
                type(row)._default_manager.filter(pk=row.pk).update(source_digest=row.source_digest)
                count += 1
    return count


def _translation_model(owner: Translated) -> Any:
    return type(owner)._meta.get_field("translations").related_model  # type: ignore[misc]  # each subclass has it


def _stored_rows(owner: Translated) -> dict[tuple[str, bool], Any]:
    """The rows in the database by (language, is_converted). Prefetched translations of `owner` are discarded."""
    getattr(owner, "_prefetched_objects_cache", {}).pop("translations", None)
    rows = _translation_model(owner).objects.filter(owner=owner.pk).order_by("pk")
    for row in (found := list(rows)):
        row.owner = owner
    return {(row.language, row.is_converted): row for row in found}


def _translation_source(row: TranslationBase) -> tuple[str, str]:
    return row.translated_from, row.source_digest


def _update_translation_sources(rows: Rows, before: Mapping[str, str]) -> None:
    """Record the source of each written text; `before` maps languages to the digests of the texts before this save.

    A text that has just been written or changed is taken to be a translation of its source as it is now. Any other
    text stays a translation of the source as it was, so it is out of date if the source has changed. The source of a
    text is the one recorded before, otherwise the oldest text, Chinese before English.
    """
    order = sorted(rows, key=lambda code: (code not in before, list(LANGUAGES).index(code)))
    originals = {row.translated_from for row in rows.values()}
    for code, row in rows.items():
        source = rows.get(row.translated_from)
        if source is None and code not in originals and code != order[0]:
            source = rows[order[0]]
        if source is None:
            continue
        if before.get(code) != row.text_digest:
            row.record_source(source)
        elif not row.translated_from and before.get(source.language) != source.text_digest:
            row.translated_from, row.source_digest = source.language, before.get(source.language, "")


def _convert(owner: Translated, written: Rows, converted: Rows) -> bool:
    """Convert each field that is missing in one Chinese script from the other, and delete conversions not needed now.

    Only written texts are converted, and written texts are never changed. Returns whether anything changed.
    """
    changed = False
    for (source_code, target_code), convert in CONVERSIONS.items():
        source, target = written.get(source_code), written.get(target_code)
        row = converted.get(target_code)
        texts = _missing_texts(source, target)
        if source is None or not texts:
            if row is not None:
                row.delete()
                changed = True
            continue
        row = row or _translation_model(owner)(owner=owner, language=target_code, origin=Origin.CONVERTED)
        details = {name: getattr(source, name) for name in row.DETAILS}
        before = (row.text_digest, row.source_digest, {name: getattr(row, name) for name in details})
        for name in row.text_fields():
            setattr(row, name, convert(texts[name]) if name in texts else "")
        for name, value in details.items():
            setattr(row, name, value)
        row.record_source(source)
        if (row.digest(), row.source_digest, details) != before:
            vars(row)["skip_history_when_saving"] = True  # history is kept of written texts only
            row.save()
            changed = True
    return changed


def _missing_texts(source: TranslationBase | None, target: TranslationBase | None) -> dict[str, str]:
    existing = {name for name, value in target.texts().items() if value} if target else set()
    return {n: v for n, v in source.texts().items() if v and n not in existing} if source else {}


def _update_name_keys(source: Source, written: Rows) -> None:
    """Update the keys by which a source is found by name."""
    names = [name for row in written.values() for name in (row.name, *row.other_names.splitlines())]  # type: ignore[attr-defined]
    keys = {name_key(name)[:KEY_LENGTH] for name in names if name_key(name)}
    existing = dict(source.names.values_list("key", "pk"))
    SourceName.objects.filter(pk__in=[pk for key, pk in existing.items() if key not in keys]).delete()
    SourceName.objects.bulk_create(SourceName(source=source, key=key) for key in sorted(keys - {*existing}))
