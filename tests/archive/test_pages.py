"""All pages in all languages: metadata, structure and links."""

from itertools import pairwise

import pytest
from django.test import Client

from digest.common.languages import LANGUAGES
from tests.sample_archive import CODES, PAGES, SITE, Page, SampleArchive, parse_page

pytestmark = pytest.mark.django_db
every_page = pytest.mark.parametrize("name", PAGES)
every_language = pytest.mark.parametrize("code", CODES)
TYPES = {
    "home": "Periodical",
    "issues": "Periodical",
    "issue": "PublicationIssue",
    "research": "ScholarlyArticle",
    "news": "NewsArticle",
    "policy": "Report",
    "data": "Dataset",
    "event": "Event",
    "promoted": "Event",
    "events": "ItemList",
    "topics": "DefinedTermSet",
    "topic": "DefinedTerm",
}


def get(client: Client, path: str) -> Page:
    response = client.get(path)
    assert response.status_code == 200, path
    return parse_page(response.content)


@every_page
@every_language
def test_language_and_canonical_url(client: Client, sample_archive: SampleArchive, name: str, code: str) -> None:
    path = f"/{code}/{sample_archive.paths()[name]}"
    page = get(client, path)
    assert page.lang == LANGUAGES[code].tag
    assert page.canonical == page.meta["og:url"] == f"{SITE}{path}"
    assert page.meta["og:locale"] == LANGUAGES[code].og
    assert page.title and page.meta["og:title"] and page.meta["description"] and page.meta["og:description"]
    assert page.meta["og:image"].startswith(SITE)
    assert page.meta["og:type"] in ("website", "article")


@every_page
def test_alternate_links_are_complete_and_mutual(client: Client, sample_archive: SampleArchive, name: str) -> None:
    paths = {LANGUAGES[code].tag: f"{SITE}/{code}/{sample_archive.paths()[name]}" for code in CODES}
    expected = paths | {"x-default": paths["zh-Hant"]}
    for code in CODES:
        assert get(client, f"/{code}/{sample_archive.paths()[name]}").alternates == expected


@every_page
@every_language
def test_headings_ids_and_images_are_valid(
    client: Client, sample_archive: SampleArchive, name: str, code: str
) -> None:
    page = get(client, f"/{code}/{sample_archive.paths()[name]}")
    assert page.headings.count(1) == 1
    assert page.headings[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(page.headings)), page.headings
    assert len(page.ids) == len(set(page.ids)), sorted(i for i in page.ids if page.ids.count(i) > 1)
    assert all(image["alt"] and image["width"].isdecimal() and image["height"].isdecimal() for image in page.images)
    assert "script" not in page.tags or page.json_ld


@every_page
@every_language
def test_fragment_links_have_targets(client: Client, sample_archive: SampleArchive, name: str, code: str) -> None:
    page = get(client, f"/{code}/{sample_archive.paths()[name]}")
    fragments = {a["href"][1:] for a in page.anchors if a.get("href", "").startswith("#")}
    assert fragments <= set(page.ids), fragments - set(page.ids)


@every_language
def test_titles_and_descriptions_are_unique(client: Client, sample_archive: SampleArchive, code: str) -> None:
    pages = [get(client, f"/{code}/{path}") for path in sample_archive.paths().values()]
    for values in ([page.title for page in pages], [page.meta["description"] for page in pages]):
        assert len(values) == len(set(values)), sorted(v for v in values if values.count(v) > 1)
    assert all(len(page.meta["description"]) <= 200 for page in pages)


@every_language
@pytest.mark.parametrize("name", TYPES)
def test_structured_data_has_the_right_type(
    client: Client, sample_archive: SampleArchive, name: str, code: str
) -> None:
    [data] = get(client, f"/{code}/{sample_archive.paths()[name]}").json_ld
    assert data["@context"] == "https://schema.org"
    assert data["@type"] == TYPES[name]


@every_language
def test_all_pages_can_be_reached_from_the_home_page(client: Client, sample_archive: SampleArchive, code: str) -> None:
    seen, waiting = set(), [f"/{code}/"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/static/", "/pictures/")):
            continue
        seen.add(path)
        waiting += get(client, path).internal_paths
    assert {f"/{c}/{path}" for c in CODES for path in sample_archive.paths().values()} <= seen


def test_converted_text_has_a_note(client: Client, sample_archive: SampleArchive) -> None:
    path = f"items/{sample_archive.items['news'].pk}/"
    traditional, simplified = (get(client, f"/{code}/{path}").text.split("<main")[1] for code in CODES[:2])
    assert simplified.count('class="text-note"') == traditional.count('class="text-note"') + 1
    assert "繁体中文" in simplified


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("", "zh-hant"), ("zh-TW,en;q=0.5", "zh-hant"), ("zh-CN", "zh-hans"), ("zh-HK", "zh-hant"), ("zh-SG", "zh-hans"),
     ("zh", "zh-hant"), ("en-US", "en"), ("fr, ja", "zh-hant"), ("de,en;q=0.1", "en"), ("\x00;q=x,,,", "zh-hant")],
)  # fmt: skip
def test_the_root_url_follows_the_browsers_language(client: Client, wanted: str, code: str) -> None:
    response = client.get("/", headers={"accept-language": wanted})
    assert (response.status_code, response["Location"]) == (302, f"/{code}/")
    assert response["Vary"] == "Accept-Language"
