"""All URLs below /admin/ with valid and invalid values, and clients with different permissions."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from digest.archive.models import Source
from digest.subscriptions.models import Suppression
from tests import factories
from tests.editorial.editor_client import EditorClient
from tests.mailing.admin_users import make_mailing

HUGE = "9" * 30
BAD = ("x", "0", HUGE)
# Arguments of URLs other than primary keys, with valid values.
WORDS = {"verb": "pause", "action": "publish", "language": "en"}
QUERIES = (
    *("p=x", f"p={HUGE}", f"o={HUGE}", "o=-1.x", "all=", "q=%00", "q=x", f"q={HUGE}", "e=1", "_facets=True"),
    *("_popup=1&_to_field=id", "_popup=1&_to_field=secret", "_changelist_filters=%00%26x", f"item={HUGE}"),
    *("id__in=1", f"id__in={HUGE}", f"id__exact={HUGE}", "id=x", f"pk={HUGE}", "pk__regex=(", "secret__startswith=a"),
    *("address_key__regex=(a%2B)%2B!", "password__startswith=a", "state=x", "kind__exact=%00", "date__year=x"),
    *(f"date__year={HUGE}", "date__gte=x", f"issues__id__exact={HUGE}", "mailing__id__exact=x", "x__y__z=1", "x=1"),
)
# Form data that buttons of Django and of our pages send.
CONFIRMED = {"post": "yes", "confirmed": "yes", "reason": "why", "which": "all", "into": "1", "dry_run": ""}
UNTOLD = ("sessions.session",)


@dataclass(frozen=True)
class Ask:
    """A request."""

    method: str
    path: str
    data: dict[str, Any] = field(default_factory=dict)

    def send(self, client: Client) -> Any:
        return client.post(self.path, self.data) if self.method == "POST" else client.get(self.path)


def make_rows() -> None:
    """Create at least one row of each model in the admin."""
    mailing = make_mailing(["sent", "uncertain", "failed", "pending"])
    item = factories.make_item(source=factories.make_source())
    factories.make_placement(item, mailing.issue, role="look_back")
    factories.make_topic(items=[item])
    factories.make_figure(item, size=None)
    factories.make_correction(item)
    factories.make_place()
    Suppression.objects.create(address_hash="0" * 64, reason="blocked")
    mailing.deliveries.first().events.create(subscriber_id=mailing.deliveries.first().subscriber_id, kind="hard")
    get_user_model().objects.create_user("somebody")
    Group.objects.create(name="editors").permissions.set(Permission.objects.all()[:3])
    for model in admin.site._registry:
        if hasattr(model, "history"):
            model._default_manager.first().save()  # a revision


def client_of(kind: str) -> Client:
    """Return a client: boss (superuser), viewer, changer (of sources only), nobody (no permissions) or stranger."""
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    if kind == "stranger":
        return client
    user = get_user_model().objects.create_user(kind, is_staff=True, is_superuser=kind == "boss")
    rights = {"viewer": {"codename__startswith": "view_"}, "changer": {"codename": "change_source"}}
    if kind in rights:
        user.user_permissions.set(Permission.objects.filter(**rights[kind]))
    client.force_login(user)
    return client


def contents(kind: str) -> dict[str, str]:
    """Return all rows by model, except those that this kind of user may change."""
    own = {Source, *(r.related_model for r in Source._meta.related_objects if r.on_delete is models.CASCADE)}
    own |= {model.history.model for model in own if hasattr(model, "history")}
    mine = {model._meta.label_lower for model in own} | {"admin.logentry", "archive.cacheversion"}
    skipped = {*UNTOLD, *(mine if kind == "changer" else ())}
    found = (model for model in apps.get_models(include_auto_created=True) if model._meta.label_lower not in skipped)
    return {model._meta.label: repr(_rows(model)) for model in found}


def _rows(model: Any) -> list[Any]:
    """Return all values except `updated_at`, which depends on other rows."""
    names = [field.attname for field in model._meta.concrete_fields if field.name != "updated_at"]
    rows = model._base_manager.order_by("pk").values_list(*names)
    return [[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in rows]


def _templates(patterns: Any, prefix: str = "/") -> Iterator[str]:
    """Yield URLs with `{name}` for arguments."""
    for pattern in patterns:
        route = prefix + _readable(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _templates(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def _readable(route: str) -> str:
    names = iter(("object_id", "history_id", "other"))
    route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    route = re.sub(
        r"\(\?P<(\w+)>[^()]*\)|\(\?P\{(\w+)\}(?:\([^()]*\)|[^()])*\)", lambda m: f"{{{m[1] or m[2]}}}", route
    )
    return re.sub(r"\([^()]*\)", lambda _found: f"{{{next(names)}}}", route).replace("^", "").replace("$", "")


def templates() -> list[str]:
    found = (route for route in _templates(get_resolver().url_patterns) if route.startswith("/admin/"))
    return sorted({route for route in found if "logout" not in route and "{url}" not in route})


def addresses() -> list[str]:
    """Return each URL with valid values, and with each invalid value in each argument."""
    found: dict[str, None] = {}
    for route in templates():
        names = re.findall(r"{(\w+)}", route)
        good = {name: _good(name, route) for name in names}
        for values in [
            good,
            *({**good, name: bad} for name, bad in product(names, BAD)),
            *(dict.fromkeys(names, bad) for bad in BAD),
        ]:
            found[route.format(**values)] = None
    return list(found)


def _good(name: str, route: str) -> str:
    if name in WORDS:
        return WORDS[name]
    model = _model(route)
    if name == "content_type_id":
        return str(ContentType.objects.get_for_model(Source).pk)
    if name == "app_label":
        return "archive"
    if model is None:
        return "1"
    if name == "edition":
        return str(model._default_manager.first().editions.first().pk)
    row = model._default_manager.order_by("pk").first()
    if name == "history_id":
        return str(model.history.filter(id=row.pk).latest().pk)
    return str(row.pk)


def _model(route: str) -> Any:
    """Return the model of a URL."""
    return next(
        (m for m in admin.site._registry if route.startswith(f"/admin/{m._meta.label_lower.replace('.', '/')}/")), None
    )


def requests(paths: list[str]) -> list[Ask]:
    """Return requests of URLs: plain, with invalid query strings, and with empty, confirmed and filled-in forms."""
    boss = EditorClient(client_of("boss"))
    asked = []
    for path in paths:
        asked += [Ask("GET", path), Ask("POST", path), Ask("POST", path, CONFIRMED)]
        if path.endswith("/add/") or ((model := _model(path)) and path.count("/") == 4):
            asked += [Ask("GET", f"{path}?{query}") for query in QUERIES]
        if path.endswith(("/change/", "/add/")) or re.search(r"/history/\d+/$", path):
            asked += _forms(boss, path)
        elif (model := _model(path)) and path.count("/") == 4:
            asked += _actions(model, path)
    User.objects.filter(username="boss").delete()
    return asked


def _forms(boss: EditorClient, path: str) -> Iterator[Ask]:
    """Yield the form a superuser sees with other texts, and with a huge number or NUL in each field."""
    response = boss.client.get(path)
    if response.status_code != 200 or b"<form " not in response.content:
        return
    data = boss.read(response, path).data
    written = {name: value for name, value in data.items() if not name.endswith("_FORMS") and "csrf" not in name}
    yield Ask("POST", path, {**data, **{name: [f"{v[0]}1"] for name, v in written.items() if v and v[0]}})
    yield Ask(
        "POST", path, {**data, "_save": "1", **{n: ["Rewritten"] for n in data if n.endswith(("title", "name"))}}
    )
    for name, odd in product(written, (HUGE, "\0")):
        if "__prefix__" not in name:
            yield Ask("POST", path, {**data, name: [odd]})


def _actions(model: Any, path: str) -> Iterator[Ask]:
    row = model._default_manager.order_by("pk").first()
    names = ["delete_selected", *(getattr(n, "__name__", n) for n in admin.site._registry[model].actions or ())]
    for name, pk in product(names, (row.pk if row else 1, *BAD)):
        yield Ask("POST", path, {**CONFIRMED, "action": name, "_selected_action": [pk]})


def sample(all_of_them: list[Any], count: int) -> list[Any]:
    """Return a sample, the same each time."""
    return random.Random(8).sample(all_of_them, min(count, len(all_of_them)))


def find_errors(client: Client, asked: list[Ask], *, is_taken_back: bool) -> list[Any]:
    """Return the requests that caused errors. Roll back each change if `is_taken_back`."""
    found = []
    for ask in asked:
        with transaction.atomic():
            status = ask.send(client).status_code
            transaction.set_rollback(is_taken_back)
        if status >= 500:
            found.append((status, ask))
    return found
