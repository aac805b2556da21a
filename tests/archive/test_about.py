"""The about page: its text is the owner's, in three languages."""

import pytest
from django.test import Client, override_settings

pytestmark = pytest.mark.django_db
HEADINGS = {"zh-hant": "隱私權", "zh-hans": "隐私", "en": "Privacy"}


@pytest.mark.parametrize(("language", "heading"), HEADINGS.items())
def test_the_about_page_is_written_in_the_readers_language(client: Client, language: str, heading: str) -> None:
    page = client.get(f"/{language}/about/").content.decode()
    assert f">{heading}</h2>" in page


@pytest.mark.parametrize("language", HEADINGS)
def test_every_page_links_the_about_page(client: Client, language: str) -> None:
    assert f'href="/{language}/about/"' in client.get(f"/{language}/").content.decode()


@override_settings(CONTACT_EMAIL="editors@example.org")
def test_the_contact_address_is_filled_in(client: Client) -> None:
    assert 'href="mailto:editors@example.org"' in client.get("/en/about/").content.decode()


@override_settings(CONTACT_EMAIL="")
def test_without_a_contact_address_the_section_is_left_out(client: Client) -> None:
    page = client.get("/en/about/").content.decode()
    assert "contact_email" not in page
    assert ">Contact</h2>" not in page


def test_the_owner_may_write_texts_of_their_own(client: Client, tmp_path, settings) -> None:
    (tmp_path / "en.md").write_text("# Ours\n\n<script>alert(1)</script>Written by us.")
    settings.ABOUT_DIR = tmp_path
    page = client.get("/en/about/").content.decode()
    assert ">Ours</h2>" in page
    assert "<script>alert" not in page
