"""The choice of a text by language, field by field."""

from dataclasses import dataclass

import pytest
from django.utils import translation

from digest.common.languages import (
    ENGLISH,
    HANS,
    HANT,
    LANGUAGES,
    Text,
    bcp47,
    choose,
    current,
    sort_key,
    terminal_language,
)


@dataclass
class Row:
    language: str
    title: str = ""
    is_converted: bool = False
    translated_from: str = ""
    body_html: str = ""


def shown(page: str, *rows: Row) -> str:
    return choose(rows, "title", page).value


HANT_ROW, HANS_ROW, ENGLISH_ROW = Row("zh-hant", "水"), Row("zh-hans", "水田"), Row("en", "Water")
FROM_HANT = Row("zh-hans", "水（转）", True, "zh-hant")
FROM_HANS = Row("zh-hant", "水（轉）", True, "zh-hans")


@pytest.mark.parametrize(
    ("page", "rows", "wanted"),
    [
        ("zh-hant", [ENGLISH_ROW, HANS_ROW, HANT_ROW], "水"),
        ("zh-hans", [ENGLISH_ROW, HANS_ROW, HANT_ROW], "水田"),
        ("en", [HANT_ROW, HANS_ROW, ENGLISH_ROW], "Water"),
        ("zh-hant", [ENGLISH_ROW, HANS_ROW], "水田"),
        ("zh-hans", [ENGLISH_ROW, HANT_ROW], "水"),
        ("en", [HANS_ROW, HANT_ROW], "水"),
        ("zh-hant", [ENGLISH_ROW], "Water"),
        ("zh-hans", [ENGLISH_ROW], "Water"),
        ("en", [HANS_ROW], "水田"),
        ("zh-hans", [FROM_HANT, HANT_ROW], "水（转）"),
        ("zh-hans", [FROM_HANT, HANS_ROW, HANT_ROW], "水田"),
        ("zh-hant", [HANS_ROW, ENGLISH_ROW, FROM_HANS], "水（轉）"),
        ("en", [FROM_HANS, HANS_ROW], "水田"),
        ("en", [], ""),
    ],
)
def test_the_own_language_comes_first_then_originals_then_conversions(page, rows, wanted):
    assert shown(page, *rows) == wanted
    assert shown(page, *reversed(rows)) == wanted


def test_only_the_empty_field_falls_back():
    rows = [Row("zh-hant", "", body_html="<p>水</p>"), Row("en", "Water", body_html="<p>Water</p>")]
    assert choose(rows, "title", "zh-hant").language == "en"
    assert choose(rows, "body_html", "zh-hant").html == "<p>水</p>"


def test_a_written_row_with_an_empty_field_does_not_hide_the_converted_one():
    assert shown("zh-hans", Row("zh-hans", ""), FROM_HANT, HANT_ROW) == "水（转）"


def test_rows_of_an_unknown_language_are_ignored():
    assert shown("en", Row("tlh", "bIQ")) == ""


def test_a_text_has_its_language_and_source():
    converted, borrowed = choose([FROM_HANT], "title", "zh-hans"), choose([ENGLISH_ROW], "title", "zh-hans")
    assert (converted.converted, converted.source_language, converted.is_foreign) == (True, "zh-hant", False)
    assert (borrowed.converted, borrowed.source_language, borrowed.is_foreign) == (False, "", True)
    with translation.override("en"):
        assert (converted.converted_from, borrowed.language_name) == ("Traditional Chinese", "English")


@pytest.mark.parametrize(
    ("language", "page", "attr"),
    [
        ("en", "zh-hant", ' lang="en"'),
        ("zh-hant", "en", ' lang="zh-Hant"'),
        ("zh-hans", "zh-hant", ' lang="zh-Hans"'),
        ("en", "en", ""),
    ],
)
def test_the_lang_attribute_is_set_if_the_language_differs(language, page, attr):
    assert str(Text("x", language, page).attr) == attr


def test_a_missing_text_is_false_and_has_no_lang():
    text = choose([], "title", "en")
    assert not text
    assert (str(text), str(text.attr), text.is_foreign) == ("", "", False)


def test_only_rendered_fields_have_html():
    with pytest.raises(TypeError):
        _ = Text("<b>", "en", "en", field="title").html
    assert Text("<p>x</p>", "en", "en", field="body_html").html == "<p>x</p>"


@pytest.mark.parametrize(("active", "wanted"), [("zh-hant", HANT), ("zh-hans", HANS), ("en", ENGLISH), ("fr", HANT)])
def test_the_current_language(active, wanted):
    with translation.override(active):
        assert current() is wanted


def test_the_default_language():
    with translation.override(None):
        assert current() is HANT


def test_tags_are_bcp_47_and_languages_fall_back_to_the_others():
    assert [bcp47(code) for code in LANGUAGES] == ["zh-Hant", "zh-Hans", "en"]
    assert all({code, *language.fallbacks} == set(LANGUAGES) for code, language in LANGUAGES.items())


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_TW.UTF-8"}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-hant"),
        ({"LANG": "zh_HK"}, "zh-hant"),
        ({"LANG": "zh_CN.GB18030"}, "zh-hans"),
        ({"LANG": "zh_SG@pinyin"}, "zh-hans"),
        ({"LANG": "zh_TW", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB", "LC_MESSAGES": "zh_CN", "LC_ALL": "zh_TW.UTF-8"}, "zh-hant"),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": ""}, "zh-hant"),
    ],
)
def test_the_language_of_the_terminal(environment, wanted):
    assert terminal_language(environment) == wanted


@pytest.mark.parametrize(
    ("language", "ordered"),
    [
        ("zh-hant", ["VM0042", "土壤碳權", "生物多樣性", "自願碳市場", "第1步：資源化", "第2步：資產化", "碳權"]),
        ("zh-hans", ["VM0042", "第1步：资源化", "国家公园", "生物多样性", "碳信用", "土壤"]),
        ("en", ["biochar", "Carbon", "CCER", "soil"]),
    ],
)
def test_texts_are_sorted_by_strokes_by_pinyin_or_by_letters(language, ordered):
    with translation.override(language):
        assert sorted(set(ordered), key=sort_key) == ordered
