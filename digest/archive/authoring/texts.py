"""Texts: what a row says in each language, which text renders which, and the converted Chinese script."""

from collections.abc import Iterable, Mapping
from typing import Any

from digest.archive.authoring.effects import touch
from digest.archive.changes import recording
from digest.archive.models import Origin, Source, SourceName, Translated, TranslationBase
from digest.archive.models.source import KEY_LENGTH
from digest.common.conversion import CONVERSIONS
from digest.common.languages import LANGUAGES
from digest.common.text import name_key

Rows = dict[str, TranslationBase]  # by language code


def write_text(owner: Translated, language: str, **texts: str) -> bool:
    """Write what `owner` says in one language; fields that are not named stay. Returns whether anything differs."""
    return write_texts(owner, {language: texts})


def write_texts(owner: Translated, texts: Mapping[str, Mapping[str, str]]) -> bool:
    """Likewise, in several languages (language code -> field -> text)."""
    with recording():
        stored = _stored(owner)
        changed = []
        for language, values in texts.items():
            row = stored.get((language, False)) or _model(owner)(owner=owner, language=language)
            differing = [name for name, value in values.items() if getattr(row, name) != value]
            for name in differing:
                setattr(row, name, values[name])
            if differing or row.pk is None:
                changed.append(row)
        if changed:
            save_texts(owner, changed)
    return bool(changed)


def save_texts(owner: Translated, rows: Iterable[TranslationBase], deleted: Iterable[TranslationBase] = ()) -> None:
    """Save written texts of `owner` as they are given, such as those of a form, and delete others.

    Notes which text now renders which, converts the other Chinese script, and finds a source by its new names.
    """
    rows, deleted = list(rows), list(deleted)
    with recording() as change:
        stored = _stored(owner)
        before = {code: row.text_digest for (code, converted), row in stored.items() if not converted}
        stamps = {code: _stamp(row) for (code, converted), row in stored.items() if not converted}
        written = {code: row for (code, converted), row in stored.items() if not converted}
        for row in deleted:
            row.delete()
            written.pop(row.language, None)
        for row in rows:
            row.text_digest = row.digest()
            written[row.language] = row
        _restamp(written, before)
        known = {row.pk for row in stored.values()}
        for row in rows:
            if row.pk not in known:  # new, or brought back from its revisions
                row.save()
            else:
                row.save(update_fields=[*row.text_fields(), "origin", "translated_from", "source_digest"])
        for code, row in written.items():
            if row not in rows and _stamp(row) != stamps.get(code):
                type(row)._default_manager.filter(pk=row.pk).update(  # no revision: the text itself is the same
                    translated_from=row.translated_from, source_digest=row.source_digest
                )
        _convert(owner, written, {code: row for (code, converted), row in stored.items() if converted})
        if isinstance(owner, Source):
            _index_names(owner, written)
        touch(change, owner)


def convert_scripts(owner: Translated) -> None:
    """Derive the missing Chinese script of an owner's texts anew, as after a change of the phrase list."""
    with recording() as change:
        stored = _stored(owner)
        written = {code: row for (code, converted), row in stored.items() if not converted}
        if _convert(owner, written, {code: row for (code, converted), row in stored.items() if converted}):
            touch(change, owner)


def mark_up_to_date(owner: Translated, languages: Iterable[str] | None = None) -> int:
    """Note that texts still render their sources as those are now; returns how many had been out of date."""
    with recording():
        written = {code: row for (code, converted), row in _stored(owner).items() if not converted}
        count = 0
        for code, row in written.items():
            source = written.get(row.translated_from)
            if (languages is None or code in languages) and source is not None and row.is_outdated(source):
                row.stamp_source(source)
                type(row)._default_manager.filter(pk=row.pk).update(source_digest=row.source_digest)
                count += 1
    return count


def _model(owner: Translated) -> Any:
    return type(owner)._meta.get_field("translations").related_model  # type: ignore[misc]  # each subclass has it


def _stored(owner: Translated) -> dict[tuple[str, bool], Any]:
    """The rows in the database, by language and whether converted; what `owner` has fetched of them is forgotten."""
    getattr(owner, "_prefetched_objects_cache", {}).pop("translations", None)
    rows = _model(owner).objects.filter(owner=owner.pk).order_by("pk")
    for row in (found := list(rows)):
        row.owner = owner
    return {(row.language, row.is_converted): row for row in found}


def _stamp(row: TranslationBase) -> tuple[str, str]:
    return row.translated_from, row.source_digest


def _restamp(rows: Rows, before: Mapping[str, str]) -> None:
    """Note which written text now renders which; `before` has the texts' fingerprints as they were, by language.

    A text that was written or changed just now renders its source as it is now. A text left alone renders its source
    as it was, so that it is out of date where the source has changed. The source of a text is the one it was noted to
    be made from, else the oldest, Chinese first.
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
            row.stamp_source(source)
        elif not row.translated_from and before.get(source.language) != source.text_digest:
            row.translated_from, row.source_digest = source.language, before.get(source.language, "")


def _convert(owner: Translated, written: Rows, converted: Rows) -> bool:
    """Derive the missing Chinese script from the written one, field by field, and drop what is derived no more.

    A written text is never touched, and a text is converted only from one that was written. Returns whether anything
    differs.
    """
    changed = False
    for (source_code, target_code), convert in CONVERSIONS.items():
        source, target = written.get(source_code), written.get(target_code)
        row = converted.get(target_code)
        texts = _lacking(source, target)
        if source is None or not texts:
            if row is not None:
                row.delete()
                changed = True
            continue
        row = row or _model(owner)(owner=owner, language=target_code, origin=Origin.CONVERTED)
        before = (row.text_digest, row.source_digest)
        for name in row.text_fields():
            setattr(row, name, convert(texts[name]) if name in texts else "")
        row.stamp_source(source)
        if (row.digest(), row.source_digest) != before:
            vars(row)["skip_history_when_saving"] = True  # revisions are of what people wrote
            row.save()
            changed = True
    return changed


def _lacking(source: TranslationBase | None, target: TranslationBase | None) -> dict[str, str]:
    have = {name for name, value in target.texts().items() if value} if target else set()
    return {n: v for n, v in source.texts().items() if v and n not in have} if source else {}


def _index_names(source: Source, written: Rows) -> None:
    """Rewrite the keys by which a source is found."""
    names = [name for row in written.values() for name in (row.name, *row.other_names.splitlines())]  # type: ignore[attr-defined]
    keys = {name_key(name)[:KEY_LENGTH] for name in names if name_key(name)}
    have = dict(source.names.values_list("key", "pk"))
    SourceName.objects.filter(pk__in=[pk for key, pk in have.items() if key not in keys]).delete()
    SourceName.objects.bulk_create(SourceName(source=source, key=key) for key in sorted(keys - {*have}))
