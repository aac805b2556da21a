"""Papers for tests, with texts of our own: make_paper() gives one that has a bit of everything."""

from functools import partial

from digest.intake.paper import markdown_output
from digest.intake.paper.document import BlockKind, Paper
from digest.intake.paper.parser import parse
from tests.intake import import_helpers

FRONT = """\
少灌水的稻田
——三个村子的试验
张三1，李小四2*
（1. 某某大学，南京 210000；2. 某县试验站，某县 310000）
DOI: 10.5555/water.2023.1
"""
ABSTRACTS = """\
摘 要：少灌水可以省水。本文在三个村子试了两年，测了土壤里的碳，也问了农户怎么想。
关键词：稻田；灌溉
Less water on paddies
Abstract: Less water can be used. We tried it in three villages for two years, and asked the farmers.
Key words: paddies; irrigation
基金项目：某县水利项目（2001）
"""
BODY = """\
水是稻田的命，少灌一点也能长好[1]。
1  为什么少灌
农户的水越来越少[2]38，也有人说不是[2] 40。
1.1  水从哪里来
水从圳里来[3-5]。

图1 村子的水路
Fig. 1 Waterways of the village
2 结果
省了两成[3，6]。
"""
REFERENCES = """\
参考文献：
[1] 张三. 稻田的水[M]. 某地: 某社, 2001.
[2] LI X. Water on paddies[J]. Field Notes, 2019, 2(1): 3-9. DOI: 10.5555/field.19.
"""


def make_paper(front: str = FRONT, abstracts: str = ABSTRACTS, body: str = BODY, references: str = REFERENCES) -> str:
    return front + abstracts + body + references


def headings(text: str) -> list[tuple[int, str]]:
    """(level, text) of each heading that is found in a body."""
    return [(block.level, block.text) for block in parse(text).headings]


def body_of(text: str) -> str:
    """The body as Markdown, of a text that is put behind an abstract and under a heading."""
    paper = parse(f"摘要：本文谈水。\n1 开头\n\n{text}")
    heading, *rest = markdown_output.body(paper).split("\n\n", 1)
    assert heading == "## 1 开头"
    return "".join(rest)


def marks(text: str) -> list[tuple[tuple[int, ...], str]]:
    """(numbers, page) of each citation in a body's text."""
    return [
        (mark.numbers, mark.locator)
        for block in parse(f"摘要：谈水。\n1 开头\n\n{text}").blocks
        for mark in block.marks
    ]


def everything(paper: Paper) -> str:
    """All texts of a paper's fields and warnings, as they were read."""
    texts = [block.text for block in paper.texts if block.kind is not BlockKind.FIGURE]
    captions = [_caption(n, text) for n, figure in paper.figures.items() for text in figure.captions.values()]
    references = [f"[{number}] {text}\n{number}. {text}" for number, text in paper.references.items()]
    others = [*paper.titles.values(), *paper.authors, paper.doi, paper.source]
    return "\n".join([*others, *texts, *captions, *references, *(warning.text for warning in paper.warnings)])


def _caption(number: int, text: str) -> str:
    return f"图{number} {text}\n圖{number} {text}\nFig. {number} {text}\nFigure {number} {text}"


run = partial(import_helpers.run, command="import_paper")
import_text = partial(import_helpers.import_text, command="import_paper")
