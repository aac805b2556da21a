"""Detection of IDN homographs: domain names made to look like other names."""

import unicodedata

# The scripts that one label may combine, besides digits, hyphens and combining marks (UTS 39, "highly restrictive").
_ALLOWED_COMBINATIONS = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
_COMMON_WORDS = {"DIGIT", "HYPHEN-MINUS", "COMBINING", "MIDDLE", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}
# Letters of other scripts that look like Latin ones: a label of these alone is deceptive.
_LATIN_LOOKALIKES = frozenset(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u051d\u0445\u0443\u044a\u044c\u04bd"
    "\u043f\u0433\u0475\u0461\u03bf\u03b1\u03b9\u03ba\u03bd\u03c1\u03c4\u03c5\u03c7\u03c9"
)

# Latin letters that look like others and that no domain needs (UTS 39, restricted): script g and alpha.
_CONFUSABLE = frozenset("\u0261\u0251")


def scripts_of(label: str) -> set[str]:
    """The scripts of the label's letters, from the first word of their Unicode names."""
    words = {unicodedata.name(character, "UNNAMED").split(" ")[0] for character in label}
    return words - _COMMON_WORDS


def is_homograph(label: str) -> bool:
    """Whether this U-label mixes scripts, or contains letters that look like plain Latin ones."""
    scripts = scripts_of(label)
    if any(letter in _CONFUSABLE or "SMALL CAPITAL" in unicodedata.name(letter, "") for letter in label):
        return True
    if len(scripts) > 1 and not any(scripts <= together for together in _ALLOWED_COMBINATIONS):
        return True
    letters = {character for character in label if character.isalpha()}
    return bool(letters) and letters <= _LATIN_LOOKALIKES
