"""The language of a newsletter."""

import re

# Frequent characters whose two forms differ, pair by pair.
_TRADITIONAL = frozenset(
    "與業農為這國報電發動計會體糧訊網連時開資點後來對個們從學應產減請總經過現實環種鏈術認證數據權聞範際濟"
)
_SIMPLIFIED = frozenset(
    "与业农为这国报电发动计会体粮讯网连时开资点后来对个们从学应产减请总经过现实环种链术认证数据权闻范际济"
)


def detect(text: str) -> str:
    """`zh-hant`, `zh-hans` or `en`. English if it has more words than Han characters; Traditional if unclear."""
    han = len(re.findall(r"[\u3400-\u9fff]", text))
    words = len(re.findall(r"[A-Za-z]{2,}", text))
    if words > han:
        return "en"
    traditional = sum(1 for character in text if character in _TRADITIONAL)
    simplified = sum(1 for character in text if character in _SIMPLIFIED)
    return "zh-hans" if simplified > traditional else "zh-hant"
