"""No URL below /admin/ causes an error, or a change without permission, whoever requests it."""

import pytest

from tests.portal.admin_urls import Ask, addresses, client_of, contents, find_errors, make_rows, requests, sample

pytestmark = pytest.mark.django_db
KINDS = ("boss", "viewer", "changer", "nobody", "stranger")


def assert_harmless(kind: str, asked: list[Ask]) -> None:
    """Send requests and check that nothing changes without permission. Changes by a superuser are rolled back."""
    client = client_of(kind)
    before = contents(kind)
    for method in ("GET", "POST"):
        mine = [ask for ask in asked if ask.method == method]
        found = find_errors(client, mine, is_taken_back=(kind, method) == ("boss", "POST"))
        assert not found, f"{len(found)} of {len(mine)}: {found[:20]}"
        after = contents(kind)
        assert [name for name in before if before[name] != after[name]] == [], method


def test_a_sample_of_urls_is_harmless() -> None:
    make_rows()
    asked = requests(sample(addresses(), 50))
    for kind in KINDS:
        assert_harmless(kind, sample(asked, 60))


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_all_urls_are_harmless(kind: str) -> None:
    make_rows()
    assert_harmless(kind, requests(addresses()))
