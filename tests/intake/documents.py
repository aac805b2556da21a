"""Newsletters for tests, with texts of our own: make_newsletter() gives one that has a bit of everything."""

# ruff: noqa: E501 — a document's lines are as long as they are

from pathlib import Path

import pytest
from django.conf import settings

SEED = Path(settings.BASE_DIR).parent / "shared" / "seeds" / "newsletter-17.zh-Hant.txt"
PAPER = SEED.with_name("paper-cultivated-land-carbon-sink.zh-Hans.txt")
needs_seed = pytest.mark.skipif(not SEED.exists(), reason="the real newsletter is not part of the project")

MASTHEAD = """\
水田週報電子報

2024年5月3日 (第21期)

本站的小組每月讀各地關於水田的文章，寫成短文後寄給大家，全文在網頁上 ([SNZ 計畫網站](#))。

今年雨來得早，田埂還沒有修好，水就漫過去了。本期焦點在於早稻育苗、田埂修補、水位觀測，以及村裡的用水協議與分工。

[訂閱電子報](#) | [取消訂閱](#) | [英文電子報](#)
"""
RESEARCH = """\
科技研究

本期焦點 早稻的根會記得乾旱

2024 年 4 月 2 日 | 稻作學刊 | [英文摘要](#) | 三塊田試了兩年，缺過水的苗扎根較深（[原文](#)）。

田埂上的草與蜘蛛

2024 年 3 月 11 日 | [Field Letters](#) | [更多研究](#) | 不割草的田埂，蜘蛛多了一倍 ([原文](#))。

延伸閱讀：[田邊的生物](#)

前期水田與水利相關研究回顧

第 9 期 夜裡灌水省多少

2023 年 9 月 1 日 | 稻作學刊 | 夜裡灌水，蒸發少了兩成（[英文摘要](#)）。
"""
NEWS = """\
新聞時事

本期焦點 村子買了第一支水位計

2024 年 4 月 20 日 | 東岸日報 | [英文摘要](#) | 水位計裝在圳頭，村民用手機看水 ([原文](#))。

前期水田與水利相關新聞回顧

第 13-2 期 老圳溝重新通水

2024 年 1 月 9 日 | 東岸日報 | 斷了三十年的溝又有水了 ([英文摘要](#))。
"""
POLICY = """\
農糧政策

輪灌公約草案

縣府水利處 | [英文摘要](#) | 草案請各村自己排輪灌的日子 ([原文](#))。
"""
DATA = """\
開放資料

本期焦點 十年水位紀錄

水文站 | [網站](#) | [數據](#) | [指南](#) | 每小時一筆，十年沒有斷過。
"""
EVENTS = """\
近期活動

The poster shows a blue field and a heron.

2024
Paddy Days
JUNE 7-8

Registration Website

「稻田日：看水的人」將於 2024 年 6 月 7-8 日於臺灣舉辦，現場和線上同步（[活動網站](#)）。

第三屆田埂研討會

2024 年 12 月 30 日 - 2025 年 1 月 2 日 | 日本京都 | [活動連結](#) | [更多活動](#) |

看鳥人年會

2024 年 7 月 5 日 | 英國約克 | [活動連結](#) | [更多活動](#) |
"""
SECTIONS = (RESEARCH, NEWS, POLICY, DATA, EVENTS)


def make_newsletter(*sections: str, masthead: str = MASTHEAD) -> str:
    """Issue 21: 9 new or promoted items, 2 look-backs (issues 9 and 13-2); or only these sections."""
    return "\n".join((masthead, *(sections or SECTIONS)))


ENGLISH = """\
SNZ Paddy Newsletter

Issue 21 | May 3, 2024

We read about paddies every month and write short notes; the whole texts are on the [SNZ programme website](https://example.org/snz).

The rain came early this year. This issue focuses on early seedlings, mending of ridges, and water pacts in the village.

[Subscribe](#) | [Unsubscribe](#) | [Chinese edition](#)

Research

[Focus] Roots of early rice remember drought

2 April 2024 | Journal of Rice | [English abstract](https://example.org/a_(1)) | Three fields were tried for two years. ([Original](https://example.org/o))

Spiders on the ridge

March 11, 2024 | [Field Letters](https://example.org/fl) | [More research](#) | Ridges left uncut had twice the spiders ([Original](#)).

Further reading: [Life beside the field](#)

Look back: research on paddies and water

Issue 9: What watering at night saves

1 September 2023 | Journal of Rice | A fifth less evaporated ([English abstract](#)).

Upcoming events

Third ridge symposium

30 December 2024 – 2 January 2025 | Kyoto, Japan | [Event website](#) | [More events](#) |
"""
SIMPLIFIED = """\
水田周报电子报

2024年5月3日 (第21期)

科技研究

本期焦点 早稻的根会记得干旱

2024 年 4 月 2 日 | 稻作学刊 | [英文摘要](#) | 三块田试了两年，缺过水的苗扎根较深（[原文](#)）。

前期水田与水利相关研究回顾

第 9 期 夜里灌水省多少

2023 年 9 月 1 日 | 稻作学刊 | 夜里灌水，蒸发少了两成（[英文摘要](#)）。

近期活动

看鸟人年会

2024 年 7 月 5 日 | 英国约克 | [活动链接](#) | [更多活动](#) |
"""
