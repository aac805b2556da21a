"""Permissions that users keep when a model is renamed."""

from typing import Any

from django.db.migrations import RunPython

_ACTIONS = ("add", "change", "delete", "view")


def rename_permissions(app_label: str, old: str, new: str) -> RunPython:
    """Return a migration operation that renames the permissions of a model renamed from `old` to `new`.

    Django's `RenameModel` renames the table and the content type but not the permissions: Django would create new
    ones that nobody has. Put this operation after `RenameModel`, and let the migration depend on the latest
    migrations of `auth` and `contenttypes`. A model's history is a model of its own and needs its own operation.
    """

    def forwards(apps: Any, schema_editor: Any) -> None:
        _rename(apps, schema_editor, app_label, old, new, str(apps.get_model(app_label, new)._meta.verbose_name_raw))

    def backwards(apps: Any, schema_editor: Any) -> None:
        _rename(apps, schema_editor, app_label, new, old, old.lower())

    return RunPython(forwards, backwards)


def _rename(apps: Any, schema_editor: Any, app_label: str, old: str, new: str, verbose_name: str) -> None:
    rows = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    for action in _ACTIONS:
        # Under either content type: going backwards, Django renames it after this operation.
        found = rows.filter(
            content_type__app_label=app_label,
            content_type__model__in=(old.lower(), new.lower()),
            codename=f"{action}_{old.lower()}",
        )
        found.update(codename=f"{action}_{new.lower()}", name=f"Can {action} {verbose_name}")
