"""Labelled lines of a paper's front and back matter: `摘要：…`, `Key words: …`, `DOI：…`."""

import re
from dataclasses import dataclass

from digest.common.conversion import to_hans

ABSTRACT, KEYWORDS, TITLE, AUTHORS = "abstract", "keywords", "title", "authors"
DOI, DATE, SOURCE, NOTE, REFERENCES = "doi", "date", "source", "note", "references"

# In Simplified Chinese, lower case and without spaces, as labels are normalised for the lookup.
_WORDS = {
    ABSTRACT: "摘要|内容摘要|内容提要|提要|中文摘要|英文摘要|论文摘要|abstract|englishabstract|summary",
    KEYWORDS: "关键词|关键字|主题词|中文关键词|英文关键词|keywords|keyword|indexterms",
    TITLE: "标题|题目|题名|篇名|论文题目|中文标题|英文标题|英文题名|title|articletitle",
    AUTHORS: "作者|作者姓名|著者|author|authors|author(s)",
    DOI: "doi|doi号|数字对象标识符",
    DATE: "出版日期|发表日期|发表时间|刊出日期|刊登日期|出版时间|published|publishedonline|publicationdate|date",
    SOURCE: "期刊|刊名|期刊名称|来源期刊|刊物|journal|journaltitle",
    NOTE: "基金项目|基金|资助项目|项目资助|作者简介|第一作者|通信作者|通讯作者|收稿日期|修回日期|接受日期|"
    "录用日期|网络出版|网络首发|中图分类号|文献标识码|文献标志码|文章编号|引用格式|引文格式|单位|作者单位|工作单位|机构|邮箱|电子邮箱|"
    "投稿日期|clcnumber|documentcode|articleid|fund|funding|fundingproject|foundation|foundationitem|foundationitems|"
    "foundationproject|correspondingauthor|correspondence|received|revised|accepted|affiliation|affiliations|email|"
    "e-mail|biography|citation|citethisarticle|howtocite|competinginterests|dataavailability",
    REFERENCES: "参考文献|主要参考文献|引用文献|参考书目|references|reference|bibliography|literaturecited|workscited|"
    "参考文献(references)|参考文献references|references(参考文献)",
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words.split("|")}
_BRACKETED = re.compile(r"[\[【［〔]([^\]】］〕]{1,24})[\]】］〕]\s{0,4}[:：]?\s*(.*)")
_COLON = re.compile(r"([^:：]{1,24})[:：]\s*(.*)")
_SPACED = re.compile(r"(摘\s{0,4}要|ABSTRACT|Abstract(?=\s{2})|關鍵詞|关键词|關鍵字|关键字)\s+(\S.*)")
_PARTS = re.compile(
    r"[【\[［]?(?:目的|方法|结果|结论|背景|意义|目標|目标|結果|結論|背景|意義|局限)[】\]］]|"
    r"[\[【]?(?:Objectives?|Methods?|Results?|Conclusions?|Background|Aims?|Purpose|Significance)[\]】:：]"
)
_DOI = re.compile(r"10\.\d{4,9}/[^\s，。；、）】<>\"“”]{1,180}", re.IGNORECASE)


@dataclass(frozen=True)
class Label:
    """The kind of a line's label, and the text after it."""

    kind: str
    rest: str


def label(text: str) -> Label | None:
    """The label at the beginning of a line, if it is one of a paper's front or back matter."""
    bare = text.lstrip("#*_ ")
    if (kind := _kind(bare.rstrip("*_# "))) is not None:
        return Label(kind, "")
    for pattern in (_BRACKETED, _COLON, _SPACED):
        if (match := pattern.match(bare)) and (kind := _kind(match.group(1))) is not None:
            return Label(kind, match.group(2).lstrip("*_ "))
    return None


def _kind(word: str) -> str | None:
    if len(word) > 40:
        return None
    folded = "".join(to_hans(word).split()).lower().replace("（", "(").replace("）", ")")
    return _KINDS.get(folded.strip("*_:：.．"))


def is_abstract_part(text: str) -> bool:
    """Whether a paragraph is one part of a structured abstract (`【目的】…`, `Methods: …`)."""
    return _PARTS.match(text) is not None


def find_doi(text: str) -> str:
    """The first DOI in a text (DOI Handbook, 2.2), without the punctuation that ends a sentence; empty for none."""
    match = _DOI.search(text)
    if match is None:
        return ""
    doi = match.group().rstrip(".,;:'")
    while doi.endswith(")") and doi.count(")") > doi.count("("):
        doi = doi[:-1].rstrip(".,;:'")
    return doi
