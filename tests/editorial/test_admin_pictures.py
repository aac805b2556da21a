"""Pictures in the admin: checked, encoded again, with text alternatives; files are deleted with their rows."""

import errno
from io import BytesIO
from pathlib import PurePosixPath

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from digest.archive.models import Figure, Item
from digest.archive.pictures import rendition_name
from tests import factories
from tests.editorial.editor_client import errors, messages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    """A media folder for each test."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def item():
    item = factories.make_item("event")
    factories.make_placement(item, factories.make_issue(), "promoted")
    return item


def upload(
    kind: str = "PNG", size: tuple[int, int] = (900, 600), name: str = "My field (1).png"
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, factories.make_picture(size, kind))


TOLD = {"translations__0__alternative": "一片綠田", "translations__1__alternative": "A green field"}


def add(editor, item, commit, **values):
    """Fill in the form of a new poster and save it; `commit` runs the on_commit callbacks."""
    form = editor.open(Figure, query=f"?item={item.pk}")
    with commit(execute=True):
        return form.save(**{"role": "poster", "picture": upload(), **TOLD, **values})


def files(media) -> list[str]:
    return sorted(path.name for path in media.glob("pictures/*"))


def test_a_poster_is_encoded_anew_with_renditions_under_a_random_name(
    editor, client, item, media, django_capture_on_commit_callbacks
):
    assert add(editor, item, django_capture_on_commit_callbacks).status_code == 302
    figure = Figure.objects.get()
    stem = PurePosixPath(figure.picture.name).stem
    assert len(stem) == 32 and "field" not in stem and (figure.width, figure.height) == (900, 600)
    assert files(media) == sorted([f"{stem}.webp", f"{stem}-400.webp", f"{stem}-800.webp"])
    page = client.get("/en/issues/17/").content.decode()
    assert f"/pictures/{stem}-400.webp" in page and 'alt="A green field"' in page
    for name in files(media):
        assert client.get(f"/pictures/{name}").headers["Content-Type"] == "image/webp"


@pytest.mark.parametrize(("language", "number"), [("繁體中文", 0), ("English", 1)])
def test_a_picture_is_told_in_each_language_in_which_the_item_is_written(
    editor, item, media, language, number, django_capture_on_commit_callbacks
):
    empty = {f"translations__{number}__alternative": ""}
    page = add(editor, item, django_capture_on_commit_callbacks, **empty)
    assert "needs a text alternative" in errors(page) and language in errors(page)
    assert files(media) == [] and not Figure.objects.exists()


def test_the_complaint_stands_at_the_empty_field(editor, item, django_capture_on_commit_callbacks):
    empty = {"translations__1__alternative": "", "translations__1__caption": "A caption"}
    page = add(editor, item, django_capture_on_commit_callbacks, **empty)
    assert "Describe what the image shows." in page.content.decode()


def test_an_item_in_simplified_chinese_wants_words_in_simplified_chinese(editor, django_capture_on_commit_callbacks):
    item = factories.make_item(texts={"zh-hans": {"title": "只有简体"}})
    page = add(editor, item, django_capture_on_commit_callbacks)
    assert "简体中文" in errors(page) and "English" not in errors(page)


def test_an_item_without_texts_wants_words_in_some_language(editor, django_capture_on_commit_callbacks):
    item = factories.make_item(texts={})
    none = dict.fromkeys(TOLD, "")
    assert "needs a text alternative" in errors(add(editor, item, django_capture_on_commit_callbacks, **none))
    assert add(editor, item, django_capture_on_commit_callbacks).status_code == 302


def test_a_figure_without_its_picture_needs_no_words(editor, item, django_capture_on_commit_callbacks):
    none = dict.fromkeys(TOLD, "")
    assert add(editor, item, django_capture_on_commit_callbacks, picture="", **none).status_code == 302


def test_words_are_not_taken_from_a_picture_later(editor, item):
    figure = factories.make_figure(item)
    form = editor.open(Figure, figure.pk)
    assert "English" in errors(form.save(**{f"{form.text('en')}-DELETE": "on"}))


REFUSED = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG and other formats are not accepted"),
    "gif": (factories.make_picture(kind="GIF"), "SVG and other formats are not accepted"),
    "empty": (b"", "empty"),
    "cut off": (factories.make_picture(kind="PNG")[:400], "damaged"),
}


@pytest.mark.parametrize(("content", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_picture_is_refused_with_the_reason_and_the_rest_is_kept(
    editor, item, media, content, words, django_capture_on_commit_callbacks
):
    picture = SimpleUploadedFile("poster.png", content, "image/png")
    page = add(editor, item, django_capture_on_commit_callbacks, picture=picture)
    assert words in errors(page) and files(media) == []
    assert "A green field" in page.content.decode()
    assert "Choose the file again" in messages(page)


def test_a_picture_under_another_suffix_is_known_by_its_content(editor, item, django_capture_on_commit_callbacks):
    picture = SimpleUploadedFile("poster.exe", factories.make_picture(kind="JPEG"))
    assert add(editor, item, django_capture_on_commit_callbacks, picture=picture).status_code == 302


def test_a_replaced_picture_is_removed_from_the_disk(editor, item, media, django_capture_on_commit_callbacks):
    figure = factories.make_figure(item)
    old = files(media)
    with django_capture_on_commit_callbacks(execute=True):
        assert editor.open(Figure, figure.pk).save(picture=upload(size=(500, 300))).status_code == 302
    figure.refresh_from_db()
    assert (figure.width, figure.height) == (500, 300)
    assert not set(old) & set(files(media)) and len(files(media)) == 2


def test_a_picture_taken_off_is_removed_from_the_disk(editor, item, media, django_capture_on_commit_callbacks):
    figure = factories.make_figure(item)
    with django_capture_on_commit_callbacks(execute=True):
        editor.open(Figure, figure.pk).save(**{"picture-clear": "on"})
    figure.refresh_from_db()
    assert not figure.picture and figure.width is None and files(media) == []


def test_saving_without_a_new_picture_keeps_the_old_one(editor, item, media, django_capture_on_commit_callbacks):
    figure = factories.make_figure(item)
    old = files(media)
    with django_capture_on_commit_callbacks(execute=True):
        assert editor.open(Figure, figure.pk).save(number="2").status_code == 302
    assert files(media) == old


@pytest.mark.parametrize("way", ["figure", "several figures", "item", "several items", "inline"])
def test_a_deleted_figures_files_go_with_it(editor, item, media, way, django_capture_on_commit_callbacks):
    figure = factories.make_figure(item)
    ways = {
        "figure": lambda: editor.delete(figure),
        "several figures": lambda: editor.act("delete_selected", figure, post="yes"),
        "item": lambda: editor.delete(item),
        "several items": lambda: editor.act("delete_selected", item, post="yes"),
        "inline": lambda: editor.open(Item, item.pk).save(figures__0__DELETE="on"),
    }
    with django_capture_on_commit_callbacks(execute=True):
        ways[way]()
    assert not Figure.objects.exists() and files(media) == []


def test_files_stay_while_the_deletion_is_not_committed(editor, item, media, django_capture_on_commit_callbacks):
    figure = factories.make_figure(item)
    with django_capture_on_commit_callbacks(execute=False):
        editor.delete(figure)
    assert rendition_name(figure.picture.name, 400).removeprefix("pictures/") in files(media)


def test_an_item_written_in_a_further_language_asks_for_its_pictures_words(editor, item):
    factories.make_figure(item)
    form = editor.open(Item, item.pk).add("translations", language="zh-hans", title="亲手写的")
    page = editor.client.get(form.save(_continue="1").headers["Location"])
    assert "no text alternative in: 简体中文" in messages(page)


def test_an_editor_sees_a_drafts_picture_and_others_do_not(editor, client):
    figure = factories.make_figure(factories.make_item(published=False))
    address = f"/admin/archive/figure/{figure.pk}/picture/"
    assert address in editor.open(Figure, figure.pk).html
    seen = editor.client.get(address)
    assert Image.open(BytesIO(b"".join(seen.streaming_content))).size == (900, 600)
    assert client.get(address).status_code == 302 and client.get(figure.address).status_code == 404
    assert editor.client.get("/admin/archive/figure/999/picture/").status_code == 404
    assert "no-store" in seen["Cache-Control"] and "private" in seen["Cache-Control"]


@pytest.mark.parametrize(("right", "status"), [("view_item", 200), ("view_figure", 200), ("view_issue", 404)])
def test_a_drafts_picture_is_for_staff_who_may_view_it_or_its_item(client, django_user_model, right, status):
    figure = factories.make_figure(factories.make_item(published=False))
    user = django_user_model.objects.create_user("amy", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=right, content_type__app_label="archive"))
    client.force_login(user)
    assert client.get(f"/admin/archive/figure/{figure.pk}/picture/").status_code == status


def test_the_mail_preview_of_a_draft_shows_its_poster(editor):
    item = factories.make_item("event", published=False)
    issue = factories.make_issue("18", published=False)
    factories.make_placement(item, issue, "promoted")
    figure = factories.make_figure(item, "poster")
    frame = editor.client.get(f"/admin/archive/issue/{issue.pk}/mail/en/html/")
    address = f"/admin/archive/figure/{figure.pk}/picture/"
    assert f'src="{address}"' in frame.content.decode() and "/pictures/" not in frame.content.decode()
    assert "img-src 'self'" in frame["Content-Security-Policy"]
    assert editor.client.get(address).status_code == 200


def test_a_figure_number_is_taken_once(editor, item):
    figure = factories.make_figure(item, number=1)
    other = factories.make_figure(item, number=2)
    assert "already exists" in errors(editor.open(Figure, other.pk).save(number="1"))
    assert default_storage.exists(figure.picture.name)


@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_disk_without_room_stores_nothing_of_a_poster_and_says_so(
    editor, item, media, monkeypatch, room, django_capture_on_commit_callbacks
):
    """Disk space for this many of the three files; the next file is cut off."""
    real = FileSystemStorage._save

    def save(storage, name, content):
        if len(files(media)) < room:
            return real(storage, name, content)
        (media / name).parent.mkdir(exist_ok=True)
        (media / name).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(FileSystemStorage, "_save", save)
    answer = add(editor, item, django_capture_on_commit_callbacks)
    assert answer.status_code == 503 and answer["Retry-After"]
    assert not Figure.objects.exists() and files(media) == []
    monkeypatch.setattr(FileSystemStorage, "_save", real)
    assert add(editor, item, django_capture_on_commit_callbacks).status_code == 302
