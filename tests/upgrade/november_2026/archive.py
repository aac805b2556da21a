"""The old site's archive and its editors, made with the verbs of commit c96d6a8: see make.py."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User

from digest.archive.changes import record_change
from digest.archive.models import Issue, Item, ItemTranslation, Placement, Source, Topic
from digest.editorial import publishing


def make_staff() -> None:
    def rights(*names: str) -> list[Permission]:
        pairs = (name.split(".") for name in names)
        return [Permission.objects.get(content_type__app_label=app, codename=codename) for app, codename in pairs]

    translators = Group.objects.create(name="Translators")
    translators.permissions.set(
        rights(
            *("archive.view_item", "archive.change_item", "archive.add_itemtranslation"),
            *("archive.change_itemtranslation", "archive.view_issue", "archive.view_block", "archive.view_topic"),
        )
    )
    post = Group.objects.create(name="Post")
    post.permissions.set(
        rights(
            *("mailing.view_mailing", "mailing.change_mailing", "mailing.view_delivery", "mailing.change_post"),
            *("subscriptions.view_subscriber", "subscriptions.change_subscriber", "subscriptions.view_consentevent"),
        )
    )
    wei = User.objects.create_user("wei", first_name="Wei", is_staff=True)
    wei.groups.add(translators)
    wei.user_permissions.set(rights("archive.delete_link", "archive.view_historicalitem", "archive.change_source"))
    ruth = User.objects.create_user("ruth", first_name="Ruth", is_staff=True)
    ruth.groups.add(post, translators)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(content_type__app_label="archive", codename__startswith="view_")
    )
    former = User.objects.create_user("former", is_staff=True, is_active=False)
    former.user_permissions.set(rights("mailing.delete_mailing", "archive.change_item"))
    User.objects.create_user("guest").user_permissions.set(rights("subscriptions.add_subscriber"))


def edit() -> None:
    """Revisions by people, of several models, with the admin's log."""
    editor, wei = User.objects.get(username="editor"), User.objects.get(username="wei")
    item = Item.objects.published().order_by("pk")[0]
    text = item.written("en")
    rows: list[tuple[Any, User, dict[str, Any]]] = [
        (item, editor, {"genre": "report"}),
        (text, wei, {"title": f"{text.title} (corrected)"}),
        (Issue.objects.get(number="17"), editor, {"remainder": "a line that was not understood"}),
        (Source.objects.order_by("pk")[0], wei, {"url": "https://example.org/moved"}),
        (
            Topic.objects.order_by("pk")[0],
            editor,
            {"agrovoc_match": "close", "agrovoc_uri": "https://example.org/c_1"},
        ),
    ]
    for row, user, values in rows:
        for name, value in values.items():
            setattr(row, name, value)
        row._history_user = user
        row.save()
        if row is not text:
            LogEntry.objects.log_actions(user.pk, [row], 2, [{"changed": {"fields": sorted(values)}}])
    record_change([item])


def hide() -> dict[str, list[Any]]:
    """An item withdrawn out of issue 17; a draft that stands alone; a draft issue with items. Their ids."""
    issue = Issue.objects.get(number="17")
    withdrawn = Item.objects.filter(placements__issue=issue, placements__role="new").order_by("pk")[2]
    publishing.withdraw_items([withdrawn.pk])
    alone = make_draft("A draft by itself")
    draft = Issue.objects.create(number="18")
    placed = [make_draft("A draft in issue 18"), make_draft("Another draft in issue 18")]
    for position, item in enumerate(placed):
        Placement.objects.create(issue=draft, item=item, section=item.kind, position=position)
    # An item that readers know stays so when it is looked back at in a draft.
    known = Item.objects.published().order_by("pk")[0]
    Placement.objects.create(issue=draft, item=known, section=known.kind, position=9, role="look_back")
    record_change([alone, *placed, known], [draft])
    return {"withdrawn": [withdrawn.pk], "draft": [alone.pk, *(item.pk for item in placed)], "draft_issues": ["18"]}


def make_draft(title: str) -> Item:
    item = Item.objects.create(kind="news")
    ItemTranslation.objects.create(owner=item, language="en", title=title, summary="Nobody may read this *yet*.")
    return item
