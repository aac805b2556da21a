"""A client for the admin: opens forms as a browser would, changes some fields, and submits them."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import translation


class _Fields(HTMLParser):
    """The fields that a browser would submit for the forms of a page: name -> values."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.fixed: dict[str, str] = {}  # shown, but not to be changed and not sent
        self._select = self._textarea = ""
        self._is_fixed = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attributes}
        name = have.get("name", "")
        if tag == "select":
            self._select, self._is_fixed = name, "disabled" in have
        if tag == "option" and "selected" in have and self._is_fixed:
            self.fixed[self._select] = have["value"]
        elif tag == "option" and "selected" in have:
            self.found[self._select].append(have["value"])
        elif "disabled" in have:
            return
        elif tag == "select":
            self.found.setdefault(name, [])
        elif tag == "textarea":
            self._textarea = name
            self.found[name] = [""]
        elif tag == "input" and name and _is_sent(have):
            self.found.setdefault(name, []).append(have.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.found[self._textarea][0] += data.removeprefix("\n") if not self.found[self._textarea][0] else data


def _is_sent(attributes: dict[str, str]) -> bool:
    kind = attributes.get("type")
    return kind not in ("submit", "button", "file") and (kind not in ("checkbox", "radio") or "checked" in attributes)


@dataclass
class Form:
    """An open form. `save` submits it with changes."""

    client: Client
    url: str
    data: dict[str, Any] = field(default_factory=dict)
    fixed: dict[str, str] = field(default_factory=dict)
    html: str = ""

    def save(self, **changes: Any) -> Any:
        """Keywords are field names with `__` for hyphens: `translations__0__title`."""
        data = {**self.data, **{name.replace("__", "-"): value for name, value in changes.items()}}
        return self.client.post(self.url, data)

    def text(self, language: str) -> str:
        """The prefix of the inline form of the existing text in a language, such as `translations-1`."""
        languages = {name: value for name, value in self.fixed.items() if name.endswith("-language")}
        return next(name.removesuffix("-language") for name, value in languages.items() if value == language)

    def add(self, prefix: str, **values: Any) -> "Form":
        """Press "Add another" and fill the new row in."""
        number = int(self.data[f"{prefix}-TOTAL_FORMS"][0])
        empty = {name: value for name, value in self.data.items() if name.startswith(f"{prefix}-__prefix__-")}
        row = {name.replace("__prefix__", str(number)): value for name, value in empty.items()}
        filled = {f"{prefix}-{number}-{name}": value for name, value in values.items()}
        data = {**self.data, **row, **filled, f"{prefix}-TOTAL_FORMS": [str(number + 1)]}
        return replace(self, data=data)


@dataclass
class EditorClient:
    """The admin in English, for one user."""

    client: Client

    def open(self, model: type[Model], pk: Any = None, query: str = "") -> Form:
        name = f"admin:archive_{model._meta.model_name}_{'change' if pk else 'add'}"
        url = reverse(name, args=[pk] if pk else [])
        return self.visit(url + query)

    def visit(self, url: str) -> Form:
        response = self.client.get(url)
        assert response.status_code == 200, response
        return self.read(response, url)

    def read(self, response: Any, url: str) -> Form:
        """The form in a response, also of a form that was not saved."""
        html = response.content.decode()
        fields = _Fields()
        fields.feed(html[html.index("<form ", html.index('id="content"')) :])
        return Form(self.client, url, fields.found, fields.fixed, html)

    def list(self, model: type[Model], query: str = "") -> Any:
        return self.client.get(reverse(f"admin:archive_{model._meta.model_name}_changelist") + query)

    def act(self, action: str, *rows: Model, **data: Any) -> Any:
        """Choose an action for rows of a list; `confirmed="yes"` answers its question at once."""
        url = reverse(f"admin:archive_{rows[0]._meta.model_name}_changelist")
        marked = {ACTION_CHECKBOX_NAME: [row.pk for row in rows], "action": action}
        return self.client.post(url, {**marked, **data}, follow=True)

    def delete(self, row: Model) -> Any:
        url = reverse(f"admin:archive_{row._meta.model_name}_delete", args=[row.pk])
        return self.client.post(url, {"post": "yes"})


def errors(response: Any) -> str:
    """All errors of a form that was not saved, in English."""
    assert response.status_code == 200, "the form was saved"
    with translation.override("en"):
        return " ".join(map(str, response.context["errors"]))


def messages(response: Any) -> str:
    return " ".join(map(str, response.context["messages"]))
