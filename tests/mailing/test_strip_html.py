"""The layout of templates costs no bytes in the HTML of emails, and removing it changes no text."""

import pytest

from digest.archive.models import Issue
from digest.mailing import composing, mime_template
from digest.mailing.rendering.layout import strip_html
from tests.factories import make_full_issue


@pytest.mark.parametrize(
    ("html", "stripped"),
    [
        ("<div>\n  <p>\n    one\n  </p>\n  <p>two</p>\n</div>\n", "<div><p>one</p><p>two</p></div>"),
        (
            '<table\n  class="a > b"\n>\n  <tr>\n    <td>1</td>\n  </tr>\n</table>',
            '<table\nclass="a > b"\n><tr><td>1</td></tr></table>',
        ),
        ("<p>one<br>\n  two</p>", "<p>one<br>two</p>"),
        # Between inline elements and within text, a space stays a space and a line break a line break.
        ("<p><a>one</a>\n   <a>two</a> <a>three</a></p>", "<p><a>one</a>\n<a>two</a> <a>three</a></p>"),
        ("<p>稻田\n    水位</p>", "<p>稻田\n水位</p>"),
        ("<p>\u3000一\u00a0</p>", "<p>\u3000一\u00a0</p>"),
        (
            "<picture> <source> <small>a</small> <param> </picture>",
            "<picture> <source> <small>a</small> <param> </picture>",
        ),
        ("<p>a</p>\n<pre>\n  b\n\n  c</pre>\n<p>d</p>", "<p>a</p><pre>\n  b\n\n  c</pre><p>d</p>"),
    ],
)
def test_only_insignificant_whitespace_is_removed(html: str, stripped: str) -> None:
    assert strip_html(html) == stripped
    assert strip_html(stripped) == stripped


def test_the_size_counts_the_stripped_html(db: None) -> None:
    make_full_issue()
    email = composing.compose(Issue.objects.all(), "en")
    body = email.html.partition("<body")[2]
    assert "\n " not in body and "> <p" not in body and ">\n<p" not in body and ">\n<td" not in body
    assert email.html_bytes == mime_template.encoded_size(email.html) < composing.MAX_HTML_BYTES
