"""The country named at the beginning or end of a place, by CLDR's names and other names in the newsletter."""

from functools import cache

from digest.common.cldr import locale_data
from digest.common.places import place_name

_NO_COUNTRY = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
_MORE_NAMES = {
    "zh-hant": {
        **{
            "台灣": "TW",
            "臺灣": "TW",
            "韓國": "KR",
            "大韓民國": "KR",
            "印度尼西亞": "ID",
            "中國大陸": "CN",
            "香港": "HK",
        },
        **{
            "澳門": "MO",
            "英格蘭": "GB",
            "蘇格蘭": "GB",
            "北愛爾蘭": "GB",
            "威爾斯": "GB",
            "捷克共和國": "CZ",
            "美利堅": "US",
        },
        **{"阿聯": "AE", "阿聯酋": "AE", "澳大利亞": "AU", "孟加拉國": "BD", "土耳其共和國": "TR", "杜拜": "AE"},
    },
    "zh-hans": {
        **{"台湾": "TW", "韩国": "KR", "印尼": "ID", "中国大陆": "CN", "香港": "HK", "澳门": "MO", "澳洲": "AU"},
        **{"英格兰": "GB", "苏格兰": "GB", "威尔士": "GB", "北爱尔兰": "GB", "阿联酋": "AE", "孟加拉": "BD"},
    },
    "en": {
        **{"UK": "GB", "England": "GB", "Scotland": "GB", "Wales": "GB", "USA": "US", "US": "US", "Korea": "KR"},
        **{
            "Republic of Korea": "KR",
            "Hong Kong": "HK",
            "Macao": "MO",
            "Macau": "MO",
            "Turkey": "TR",
            "Türkiye": "TR",
        },
        **{"Czech Republic": "CZ", "Viet Nam": "VN", "The Netherlands": "NL", "UAE": "AE", "Lao PDR": "LA"},
        **{"U.S.": "US", "U.K.": "GB", "Great Britain": "GB", "United States of America": "US"},
    },
}


@cache
def _names(language: str) -> dict[str, str]:
    codes = [code for code in locale_data(language)["places"] if len(code) == 2 and code not in _NO_COUNTRY]
    return {place_name(code, language): code for code in codes} | _MORE_NAMES[language]


@cache
def _by_length(language: str) -> tuple[str, ...]:
    return tuple(sorted(_names(language), key=len, reverse=True))


def country_of(place: str, language: str) -> str | None:
    """The ISO 3166-1 code of a place's country: 印尼峇里島 -> ID, “Rome, Italy” -> IT; None if none is named."""
    place = place.strip()
    if language == "en":
        parts = [part.strip(" .()") for part in place.split(",")]
        return next((code for part in (parts[-1], parts[0], place) if (code := _names("en").get(part))), None)
    name = next((name for name in _by_length(language) if place.startswith(name)), None)
    if name is None and place.isascii():
        return country_of(place, "en")
    return _names(language)[name] if name else None
