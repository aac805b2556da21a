"""Empty, incomplete and moved pages."""

import pytest
from django.test import Client

from digest.archive import authoring
from tests.sample_archive import CODES, KINDS, SampleArchive, parse_page

pytestmark = pytest.mark.django_db
every_language = pytest.mark.parametrize("code", CODES)


@every_language
def test_an_empty_issue_has_a_notice(client: Client, editable_archive: SampleArchive, code: str) -> None:
    editable_archive.earlier.placements.all().delete()
    page = parse_page(client.get(f"/{code}/issues/13-2/").content)
    assert 'class="empty-message"' in page.text
    assert 'class="notice"' in page.text


@pytest.mark.parametrize("path", ["", "issues/", "events/", "topics/", *(f"sections/{kind}/" for kind in KINDS[:4])])
@every_language
def test_an_empty_archive_has_a_message(client: Client, path: str, code: str) -> None:
    response = client.get(f"/{code}/{path}")
    assert response.status_code == 200
    assert 'class="empty-message"' in response.content.decode()


@every_language
def test_a_fallback_text_has_a_lang_attribute(client: Client, editable_archive: SampleArchive, code: str) -> None:
    editable_archive.items["news"].translations.exclude(language="en").delete()
    page = parse_page(client.get(f"/{code}/items/{editable_archive.items['news'].pk}/").content)
    assert ('<h1 lang="en">' in page.text) == (code != "en")


@every_language
def test_the_old_url_of_a_topic_redirects_permanently(
    client: Client, editable_archive: SampleArchive, code: str
) -> None:
    old = editable_archive.topic.slug
    authoring.rename_topic(editable_archive.topic, "wet-soils")
    response = client.get(f"/{code}/topics/{old}/")
    assert (response.status_code, response["Location"]) == (301, f"/{code}/topics/wet-soils/")
