"""Opening a form several times changes nothing."""

import re

import pytest

from digest.archive.models import Issue, Item
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
# What differs from one answer to the next by design.
VARYING = re.compile(r'name="(csrfmiddlewaretoken|_version)" value="[^"]*"|nonce="[^"]*"')


@pytest.mark.parametrize("model", [Item, Issue])
def test_the_twentieth_opening_of_a_form_is_as_the_first(editor, model):
    issue = make.make_full_issue("17", 3)
    make.make_topic(items=[issue.items.first()])
    row = {Item: issue.items.first(), Issue: issue}[model]
    addresses = [f"/admin/archive/{model._meta.model_name}/{tail}" for tail in (f"{row.pk}/change/", "add/")]
    for address in addresses:
        first, *others = (VARYING.sub("", editor.client.get(address).content.decode()) for _ in range(20))
        assert {*others} == {first}
