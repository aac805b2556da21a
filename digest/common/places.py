"""Names of countries and regions by ISO 3166 and UN M49 code, from CLDR."""

from digest.common.cldr import facts

# CLDR's territory names, where the house writes otherwise (臺灣) or where Babel lacks the subdivision.
_OURS = {
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
    """`TW` -> 臺灣, `035` -> Southeast Asia, `GB-WLS` -> 威爾斯; the code itself if nobody knows it."""
    ours = _OURS.get(code, {}).get(language)
    return ours or facts(language)["places"].get(code, code)


def is_known_place(code: str) -> bool:
    """Whether the code names a place here: an ISO 3166-1 country, a UN M49 region or a listed subdivision."""
    return code in _OURS or code in facts("en")["places"]
