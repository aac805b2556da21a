"""Any document can be imported or is refused in one line; importing it again changes nothing."""

import pytest
from django.core.management import CommandError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.archive.models import Issue, Placement
from digest.intake.newsletter.importing import import_document
from digest.intake.newsletter.parser import parse
from digest.intake.options import ImportOptions, ImportRefused
from tests.intake.documents import ENGLISH, SIMPLIFIED, make_newsletter
from tests.intake.import_helpers import import_text, rows

pytestmark = pytest.mark.django_db
TEXTS = [make_newsletter(), ENGLISH, SIMPLIFIED]
LINES = [line for text in TEXTS for line in text.split("\n")]
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FEW
@given(st.lists(st.lists(st.sampled_from(LINES), max_size=40).map("\n".join), min_size=1, max_size=2))
def test_mixed_lines_are_imported_and_again_change_nothing(texts):
    point = transaction.savepoint()
    for text in texts:
        document = f"第21期\n科技研究\n本期焦點 題\n{text}"
        if parse(document).second_line:
            continue
        import_document(parse(document), ImportOptions(publish=True, update=True))
        assert import_document(parse(document), ImportOptions(publish=True, update=True)).changes == []
    transaction.savepoint_rollback(point)


@FEW
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_any_text_under_a_masthead_is_imported(text):
    point = transaction.savepoint()
    import_document(parse(f"第21期\n科技研究\n本期焦點 題\n{text}\0\n本期焦點 {text}"), ImportOptions())
    assert Issue.objects.get().number == "21"
    assert Placement.objects.filter(issue__number="21", role="new").exists()
    transaction.savepoint_rollback(point)


@FEW
@given(st.sampled_from(TEXTS), st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=4)), max_size=4))
def test_damaged_bytes_are_imported_or_refused(tmp_path_factory, text, damages):
    data = text.encode()
    for where, some in damages:
        at = int(where * len(data))
        data = data[:at] + some + data[at + len(some) :]
    point = transaction.savepoint()
    try:
        import_text(tmp_path_factory.getbasetemp(), data)
    except CommandError as error:
        assert "\n" not in str(error)
    transaction.savepoint_rollback(point)


def test_what_is_refused_writes_nothing():
    before = rows()
    for text in ("", "讀者來信", "科技研究\n\n本期焦點 題"):
        with pytest.raises(ImportRefused):
            import_document(parse(text), ImportOptions(publish=True, update=True))
    assert rows() == before


def test_overlong_texts_are_cut_short_and_kept_whole_as_text():
    long = "田" * 700
    text = f"第21期\n\n科技研究\n\n本期焦點 {long}\n\n2024 年 5 月 1 日 | {long} | 摘要。\n\n延伸閱讀：[{long}](#)\n"
    document = parse(text)
    import_document(document, ImportOptions())
    assert len(document.entries[0].title) == 500
    assert document.remainder_text().count(long) >= 1
