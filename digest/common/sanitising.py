"""Sanitising HTML with an allow-list, and extracting its plain text."""

import re

import nh3

MAX_PASSES = 8  # two are enough for usual texts

# Everything else is removed, such as svg, math, style, iframe, img and form elements and data attributes.
_ALLOWED: dict[str, set[str]] = {
    **{
        tag: set()
        for tag in ["p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote", "ul", "sub", "dl", "dt", "dd"]
    },
    **{tag: {"id"} for tag in ["h2", "h3", "h4", "h5", "h6", "li"]},
    **{tag: set() for tag in ["thead", "tbody", "tr"]},
    "table": {"tabindex"},
    "th": {"scope", "class"},
    "td": {"class"},
    "ol": {"start"},
    "a": {"href", "id", "class", "title", "aria-label"},
    "sup": {"id", "class"},
    "span": {"class"},
    "div": {"class"},
}
_CLASSES = {"footnote", "footnote-ref", "footnote-backref", "cite", "locator", "left", "center", "right"}
_ID = re.compile(r"^(?:[a-z0-9]{1,20}-){0,3}(?:s|fn|fnref|cite|ref)[-:0-9\w.]{1,120}$")
_HREF = re.compile(r"^(?:https?://[^\s]+|mailto:[^\s]+|#[^\s]+)$", re.IGNORECASE)


def sanitise(html: str) -> str:
    """Remove all tags, attributes, ids, classes and URL schemes that are not on the allow-list.

    Repeated until nothing changes: removing a tag can change how the remaining HTML is parsed (`<h2><select><h2>`),
    and browsers must parse it as it was checked.
    """
    for _pass in range(MAX_PASSES):
        cleaned = _clean(html)
        if cleaned == html:
            return html
        html = cleaned
    return nh3.clean(html, tags=set(), attributes={})


def _clean(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_ALLOWED),
        attributes={tag: set(attributes) for tag, attributes in _ALLOWED.items()},
        attribute_filter=_keep_attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
        clean_content_tags={"script", "style", "template", "svg", "math"},
    )


def plain_text(html: str) -> str:
    """Return the text of sanitised HTML, without tags and with white space normalised."""
    text = nh3.clean(re.sub(r"</(p|li|h\d|td|th|div)>|<br>", " ", html), tags=set(), attributes={})
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, character)
    return " ".join(text.split())


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    match attribute:
        case "href":
            return value if _HREF.match(value) else None
        case "id":
            return value if _ID.match(value) else None
        case "class":
            return " ".join(part for part in value.split() if part in _CLASSES) or None
        case "tabindex":
            return value if value == "0" else None
        case _:
            return value
