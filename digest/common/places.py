"""Names of countries and regions by ISO 3166 or UN M49 code."""

from digest.common.cldr import locale_data

# Names that differ from CLDR (臺灣), and subdivisions that Babel does not have.
_OVERRIDES = {
    "TW": {"zh-hant": "臺灣"},
    "GB-WLS": {"zh-hant": "威爾斯", "zh-hans": "威尔士", "en": "Wales"},
    "US-KY": {"zh-hant": "肯塔基州", "zh-hans": "肯塔基州", "en": "Kentucky"},
    "US-CT": {"zh-hant": "康乃狄克州", "zh-hans": "康涅狄格州", "en": "Connecticut"},
    "DE-SH": {
        "zh-hant": "什勒斯維希-霍爾斯坦邦",
        "zh-hans": "石勒苏益格-荷尔斯泰因州",
        "en": "Schleswig-Holstein",
    },
    "001": {"zh-hant": "全球", "zh-hans": "全球", "en": "Worldwide"},
}


def place_name(code: str, language: str) -> str:
    """Return the name of a place: `TW` -> 臺灣, `035` -> Southeast Asia. Return the code itself if it is unknown."""
    name = _OVERRIDES.get(code, {}).get(language)
    return name or locale_data(language)["places"].get(code, code)


def is_known_place(code: str) -> bool:
    """Return whether a code is an ISO 3166-1 country, a UN M49 region or one of our subdivisions."""
    return code in _OVERRIDES or code in locale_data("en")["places"]
