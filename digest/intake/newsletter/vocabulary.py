"""The words of the newsletter's three editions: sections, link labels, look-back headings."""

import re
from dataclasses import dataclass

from digest.archive.models import Link, Section
from digest.common.text import name_key

_SECTION_NAMES: dict[str, tuple[str, ...]] = {
    Section.RESEARCH: (
        *("科技研究", "研究", "研究發表", "研究新知", "研究发表", "学术研究", "學術研究", "最新研究"),
        *("Research", "Research articles", "Research highlights", "Science and research", "Research and technology"),
        *("Science & research", "Research & technology", "Scientific research", "Science and technology"),
    ),
    Section.NEWS: (
        *("新聞時事", "新聞", "時事新聞", "新聞與時事", "新闻时事", "新闻", "时事新闻", "最新消息"),
        *("News", "News and current affairs", "News & current affairs", "News highlights", "Current affairs"),
        *("News and events in brief", "In the news"),
    ),
    Section.POLICY: (
        *("農糧政策", "政策", "農業政策", "政策法規", "农粮政策", "农业政策", "政策法规"),
        *("Policy", "Policies", "Agri-food policy", "Agrifood policy", "Agricultural policy", "Food and farm policy"),
        *("Agri-food policies", "Agrifood policies", "Policy and regulation", "Agricultural policies"),
    ),
    Section.DATA: (
        *("開放資料", "開放數據", "資料", "數據", "公開資料", "开放数据", "开放资料", "数据", "资料"),
        *("Open data", "Data", "Datasets", "Data and tools", "Open data and tools", "Open datasets"),
    ),
    Section.EVENT: (
        *("近期活動", "活動", "活動訊息", "活動預告", "研討會訊息", "近期活动", "活动", "活动信息", "活动预告"),
        *("Upcoming events", "Events", "Coming events", "Forthcoming events", "Event calendar", "Events calendar"),
    ),
}
_SECTIONS = {name_key(name): section for section, names in _SECTION_NAMES.items() for name in names}

_LABELS: dict[str, tuple[str, ...]] = {
    Link.Role.ABSTRACT: (
        *("英文摘要", "摘要", "中文摘要", "摘要全文"),
        *("English abstract", "Abstract", "Abstract in English", "English summary"),
    ),
    Link.Role.ORIGINAL: (
        *("原文", "全文", "原文連結", "原文链接", "原文网址", "論文", "论文", "論文連結", "论文链接"),
        *("Original", "Original article", "Original text", "Original paper", "Original source", "Full text", "Paper"),
        *("Full article", "Article"),
    ),
    Link.Role.WEBSITE: (
        *(
            "網站",
            "官網",
            "活動網站",
            "活動連結",
            "會議網站",
            "平台",
            "网站",
            "官网",
            "活动网站",
            "活动链接",
            "活动连结",
        ),
        *("活動鏈接", "會議連結", "会议网站", "会议链接"),
        *("Website", "Web site", "Site", "Event website", "Event link", "Event site", "Event page", "Platform"),
        *("Conference website", "Symposium website", "Homepage"),
    ),
    Link.Role.DATA: (
        *("數據", "資料", "資料集", "數據集", "資料下載", "数据", "资料", "数据集", "资料集", "数据下载"),
        *("Data", "Dataset", "Data set", "Datasets", "Download", "Data download"),
    ),
    Link.Role.GUIDE: (
        *("指南", "手冊", "使用手冊", "技術手冊", "說明", "操作指南", "手册", "使用手册", "技术手册", "说明"),
        *("Guide", "User guide", "Guidelines", "Guidance", "Handbook", "Manual", "Documentation"),
    ),
    Link.Role.REGISTRATION: (
        *("報名", "註冊", "線上報名", "立即報名", "報名連結", "活動報名", "报名", "注册", "在线报名", "报名链接"),
        *("Register", "Registration", "Register now", "Online registration", "Sign up", "Register here"),
    ),
    Link.Role.PROGRAMME: (
        *("計畫網站", "計畫網頁", "项目网站", "计划网站", "項目網站", "專案網站"),
        *("Programme website", "Program website", "Project website", "Project site", "SNZ website", "SNZ site"),
    ),
}
_ROLES = {name_key(label): str(role) for role, labels in _LABELS.items() for label in labels}
_PROGRAMME_ENDS = tuple(name_key(label) for label in _LABELS[Link.Role.PROGRAMME])

_SUBSCRIBE = frozenset(
    name_key(label)
    for label in (
        *(
            "訂閱",
            "訂閱電子報",
            "取消訂閱",
            "取消訂閱電子報",
            "英文電子報",
            "中文電子報",
            "英文版",
            "中文版",
            "歷期電子報",
        ),
        *(
            "简体版",
            "簡體版",
            "繁體版",
            "订阅",
            "订阅电子报",
            "取消订阅",
            "退订",
            "英文电子报",
            "中文电子报",
            "线上版",
        ),
        *("退訂", "線上版", "往期電子報", "往期电子报", "订阅通讯", "英文通讯", "简体中文", "繁體中文", "English"),
        *("Subscribe", "Unsubscribe", "Subscribe to the newsletter", "English newsletter", "Chinese newsletter"),
        *("English edition", "Chinese edition", "English version", "Chinese version", "View online", "Past issues"),
        *("View in browser", "Archive"),
    )
)
NEWSLETTER_WORDS = (
    *(
        "電子報",
        "電子通訊",
        "通訊",
        "快訊",
        "週報",
        "月報",
        "季報",
        "电子报",
        "电子通讯",
        "通讯",
        "快讯",
        "周报",
        "月报",
        "季报",
    ),
    *("newsletter", "digest", "bulletin"),
)

_NUMERALS = "0123456789一二三四五六七八九十"
_COUNT_WORDS = "則篇項筆场場则项笔"


def section_named(text: str) -> str | None:
    """The section named by a line, without numbering and counts; also for bilingual headings."""
    if len(text) > 80 or re.search(r"[|｜]|[\]］]\s?[(（]", text) or not (key := name_key(text)):
        return None
    for name in (key, key.strip(_NUMERALS + _COUNT_WORDS)):
        if name in _SECTIONS:
            return _SECTIONS[name]
        for cut in range(2, len(name) - 1):
            first, second = _SECTIONS.get(name[:cut]), _SECTIONS.get(name[cut:])
            if first and first == second:
                return first
    return None


def role_of(label: str) -> str:
    """The `Link.Role` of a label in any language; empty if it is unknown."""
    key = name_key(label)
    if role := _ROLES.get(key):
        return role
    if key.startswith("更多") or re.match(r"more[a-z]", key):
        return str(Link.Role.MORE)
    return str(Link.Role.PROGRAMME) if key.endswith(_PROGRAMME_ENDS) else ""


def is_subscribing(label: str) -> bool:
    """Whether a label belongs to the subscription bar, which is not stored."""
    return name_key(label) in _SUBSCRIBE


# --- look-back headings ------------------------------------------------------------------------------------------

_KIND_WORDS = {
    **{"研究": Section.RESEARCH, "新聞": Section.NEWS, "新闻": Section.NEWS, "政策": Section.POLICY},
    **{"數據": Section.DATA, "資料": Section.DATA, "数据": Section.DATA, "资料": Section.DATA},
    **{"活動": Section.EVENT, "活动": Section.EVENT},
    **{"research": Section.RESEARCH, "news": Section.NEWS, "policy": Section.POLICY, "policies": Section.POLICY},
    **{"data": Section.DATA, "open data": Section.DATA, "datasets": Section.DATA, "events": Section.EVENT},
}
_KIND = "|".join(sorted(_KIND_WORDS, key=len, reverse=True))
_CHINESE_BACK = re.compile(
    rf"^(?:前期|往期|歷期|历期|過往|过往)(?P<theme>.{{0,60}}?)(?:相關|相关)?(?:的)?(?P<kind>{_KIND})?(?:回顧|回顾)$"
)
_ABOUT = r"(?:on|about|related to|concerning|for)"
_BEFORE = r"(?:previous|past|earlier)"
_ENGLISH_BACK = [
    re.compile(
        rf"^look(?:ing)?[- ]?back(?: (?:at|on|to))?[:,–—-]? ?(?:{_BEFORE} )?(?:issues?[’']? )?(?P<kind>{_KIND})?"
        rf"(?: {_ABOUT} (?P<theme>.{{2,120}}))?$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?:review of )?{_BEFORE} (?:issues?[’']? )?(?P<kind>{_KIND})(?: {_ABOUT} (?P<theme>.{{2,120}}))?$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^(?P<kind>{_KIND})(?: {_ABOUT} (?P<theme>.{{2,120}}))? (?:from|in) {_BEFORE} issues$",
        re.IGNORECASE,
    ),
]


@dataclass(frozen=True)
class LookBackHeading:
    """A heading of look-backs: the section it names, if any, and the theme."""

    section: str | None
    theme: str


def look_back_heading(text: str) -> LookBackHeading | None:
    """Parse a heading like 前期…相關研究回顧 or “Look back: research on …”; None for other lines."""
    text = text.strip("【】〔〕[]：: ")
    if len(text) > 160:
        return None
    for pattern in (_CHINESE_BACK, *_ENGLISH_BACK):
        if match := pattern.match("".join(text.split()) if pattern is _CHINESE_BACK else text):
            kind = match["kind"]
            section = str(_KIND_WORDS[kind.lower()]) if kind else None
            return LookBackHeading(section, (match["theme"] or "").strip())
    return None
