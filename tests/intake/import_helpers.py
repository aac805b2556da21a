"""Helpers for tests of importing: run the command on a text, and look at what the archive holds."""

import io
import json
from typing import Any

from django.apps import apps
from django.core.management import call_command

from digest.archive.models import Item


def run(path: Any, *options: str, command: str = "import_newsletter") -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(command, str(path), *options, stdout=out)
    return out.getvalue()


def import_text(tmp_path: Any, text: str | bytes, *options: str, command: str = "import_newsletter") -> dict[str, Any]:
    """The JSON that importing this text gives."""
    path = tmp_path / "document.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    found: dict[str, Any] = json.loads(run(path, "--json", *options, command=command))
    return found


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the archive, its histories and derived tables included."""
    models = apps.get_app_config("archive").get_models(include_auto_created=True)
    return {m._meta.db_table: list(m._default_manager.order_by("pk").values_list()) for m in models}


def item(title: str, language: str = "zh-hant") -> Item:
    return Item.objects.titled(title, language).get()


def text(found: Item, field: str, language: str = "zh-hant") -> str:
    return str(getattr(found.written(language), field))


def changed(report: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """(action, title or number, field) of each change."""
    return [(c["action"], c.get("item") or c["issue"], c["field"]) for c in report["changes"]]
