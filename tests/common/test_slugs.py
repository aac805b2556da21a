"""Slugs."""

import pytest

from digest.archive.models import Topic


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["碳匯", "!!!", "Carbon sink", "😀", "  "])
def test_a_slug_is_never_empty(name):
    assert Topic.objects.create(name=name).slug
