"""Generates plausible titles and summaries in Traditional and Simplified Chinese and in English."""

import random
from dataclasses import dataclass

from digest.common.conversion import to_hans

# (Traditional Chinese, English)
PRACTICES = [
    ("間歇灌溉", "intermittent irrigation"),
    ("生物炭施用", "biochar use"),
    ("綠肥輪作", "green-manure rotation"),
    ("保育耕犁", "conservation tillage"),
    ("農林混作", "alley cropping"),
    ("覆蓋作物", "cover crops"),
    ("堆肥還田", "returning compost to fields"),
    ("飼料添加物", "feed additives"),
    ("精準施肥", "precise fertilising"),
    ("放牧輪替", "rotational grazing"),
    ("秸稈覆蓋", "straw mulching"),
    ("硝化抑制劑", "nitrification inhibitors"),
]
PLACES = [
    ("嘉南平原", "the Chianan plain"),
    ("湄公河口", "the Mekong mouth"),
    ("九州山村", "villages of Kyushu"),
    ("爪哇水田", "paddies of Java"),
    ("旁遮普", "Punjab"),
    ("濁水溪畔", "the banks of the Zhuoshui"),
    ("北海道牧場", "farms of Hokkaido"),
    ("呂宋丘陵", "the hills of Luzon"),
    ("洞里薩湖", "the Tonle Sap"),
    ("全羅道", "Jeolla"),
]
EFFECTS = [
    ("土壤有機碳", "soil organic carbon"),
    ("甲烷排放", "methane emissions"),
    ("氧化亞氮", "nitrous oxide"),
    ("地下水位", "the water table"),
    ("農家收入", "farm income"),
    ("稻米產量", "rice yields"),
    ("蚯蚓數量", "earthworm counts"),
    ("氮肥效率", "nitrogen efficiency"),
    ("灌溉用水", "irrigation water"),
]
FORMS = [
    ("長期田間試驗", "a long field trial"),
    ("農戶訪談", "interviews with growers"),
    ("遙測影像", "satellite images"),
    ("模式推估", "model estimates"),
    ("統合分析", "a meta-analysis"),
    ("公開統計", "public statistics"),
]
SENTENCES = [
    (
        "{form}顯示，{practice}在{place}讓{effect}改變約{number}％。",
        "In {place}, {form} found that {practice} changed {effect} by about {number} per cent. ",
    ),
    (
        "作者建議先在{place}擴大{practice}，再談補助的高低。",
        "The authors would widen {practice} in {place} before arguing about subsidies. ",
    ),
    (
        "與對照區相比，{effect}的差異在第{number}年才看得出來。",
        "Beside the control plots, the difference in {effect} showed only in year {number}. ",
    ),
    (
        "成本仍是{practice}的主要障礙，{number}戶中有一半中途退出。",
        "Cost still stands in the way of {practice}: half of {number} households dropped out. ",
    ),
    (
        "資料與程式都已公開，方便各地以{effect}重算一次。",
        "Data and code are open, so that anyone may work out {effect} again. ",
    ),
]
TITLES = [
    ("{place}的{practice}與{effect}：{form}", "{practice} and {effect} in {place}: {form}"),
    ("{practice}能否改善{effect}？來自{place}的答案", "Can {practice} better {effect}? An answer from {place}"),
    ("以{form}看{place}的{effect}", "{effect} of {place} as seen by {form}"),
]
SOURCE_NAMES = [
    ("田野碳學報", "Journal of Field Carbon"),
    ("稻作觀察", "Paddy Observer"),
    ("土壤季刊", "Soil Quarterly"),
    ("農政新聞", "Farm Policy News"),
    ("淨零資料庫", "Net-Zero Repository"),
]


@dataclass(frozen=True)
class TranslatedText:
    """A text in three languages. Simplified Chinese is converted from Traditional."""

    hant: str
    hans: str
    en: str

    def __add__(self, other: "TranslatedText") -> "TranslatedText":
        return TranslatedText(self.hant + other.hant, self.hans + other.hans, self.en + other.en)


class Writer:
    """Generates texts from a seed. Sentences come from a pool that is converted only once, for speed."""

    def __init__(self, seed: int = 17, pool: int = 600) -> None:
        self.random = random.Random(seed)
        self._sentences = [self._fill(self.random.choice(SENTENCES)) for _ in range(pool)]
        self._titles = [self._fill(self.random.choice(TITLES)) for _ in range(pool)]

    def _fill(self, pair: tuple[str, str]) -> TranslatedText:
        choose = self.random.choice
        words = {
            "practice": choose(PRACTICES),
            "place": choose(PLACES),
            "effect": choose(EFFECTS),
            "form": choose(FORMS),
        }
        number = self.random.randint(3, 60)
        hant, en = (
            text.format(number=number, **{key: word[side] for key, word in words.items()})
            for side, text in enumerate(pair)
        )
        return TranslatedText(hant, to_hans(hant), en[0].upper() + en[1:])

    def title(self, number: int) -> TranslatedText:
        """Return a unique title."""
        return self.random.choice(self._titles) + TranslatedText(f"（{number}）", f"（{number}）", f" ({number})")

    def text(self, sentences: int) -> TranslatedText:
        text = self.random.choice(self._sentences)
        for _ in range(sentences - 1):
            text = text + self.random.choice(self._sentences)
        return text
