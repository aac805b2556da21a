"""The editors' guide: the same in both languages, with the labels of the admin, and shown there."""

import re

import pytest

from digest.common import guide, messages
from tests.mailing.admin_users import sign_in

LABEL = re.compile(r"\*\*([^*]+?)\*\*")
DJANGO = {"History", "Add", "歷史", "新增"}  # labels of Django's admin


def text_of(file: str) -> str:
    return (guide.DOCS / file).read_text(encoding="utf-8")


def labels(file: str) -> set[str]:
    """What stands in bold, but for the beginnings of paragraphs."""
    text = re.sub(r"`[^`]*`|(?m:^\*\*[^*]+?(?:\.\*\*|\*\*：))", "", text_of(file))
    return {label.lower() for label in LABEL.findall(text)}


def shape(file: str) -> list[str]:
    return re.findall(r"(?m)^(#+ |    |\d+\. |- |\|)", text_of(file))


def test_both_guides_have_the_same_parts():
    assert shape("editors.md") == shape("editors.zh-hant.md")


def test_labels_in_bold_are_those_of_the_admin():
    catalogue = messages.load("zh_Hant")
    django = {label.lower() for label in DJANGO}
    assert labels("editors.md") - django <= {str(message.id).lower() for message in catalogue}
    strings = {
        string.lower() for m in catalogue for string in (m.string if isinstance(m.string, tuple) else (m.string,))
    }
    assert labels("editors.zh-hant.md") - django <= strings


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "heading"), [("en", "Write an item"), ("zh-hant", "撰寫條目"), ("zh-hans", "撰写条目")]
)
def test_the_admin_shows_it_in_the_editors_language(language, heading):
    html = sign_in().get("/admin/guide/", headers={"accept-language": language}).content.decode()
    anchor = re.search(rf'<h2 id="([^"]+)">{heading}</h2>', html)[1]
    assert html.count(f'href="#{anchor}"') == 2  # in the contents, and in the first task
    assert "/admin/guide/" in html


@pytest.mark.django_db
def test_every_link_within_it_leads_somewhere():
    client = sign_in()
    html = client.get("/admin/guide/").content.decode().partition('id="content"')[2]
    assert {*re.findall(r'href="#([^"]+)"', html)} <= {*re.findall(r' id="([^"]+)"', html)}
    example = client.get("/admin/guide/newsletter-example.txt")
    assert example.status_code == 200 and example.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/guide/", "/admin/guide/newsletter-example.txt"])
def test_only_staff_read_it(client, address):
    assert client.get(address).status_code == 302
