"""Whatever address below /admin/ is asked for, by whom and how: no error page, and no change without the right to."""

import pytest

from tests.portal.admin_urls import Ask, addresses, client_of, contents, faults, make_rows, requests, sample

pytestmark = pytest.mark.django_db
KINDS = ("boss", "viewer", "changer", "nobody", "stranger")


def assert_harmless(kind: str, asked: list[Ask]) -> None:
    """What a superuser's forms change is taken back; nothing else may change what it has no right to change."""
    client = client_of(kind)
    before = contents(kind)
    for method in ("GET", "POST"):
        mine = [ask for ask in asked if ask.method == method]
        found = faults(client, mine, is_taken_back=(kind, method) == ("boss", "POST"))
        assert not found, f"{len(found)} of {len(mine)}: {found[:20]}"
        after = contents(kind)
        assert [name for name in before if before[name] != after[name]] == [], method


def test_some_addresses_of_the_admin_break_nothing_whoever_asks() -> None:
    make_rows()
    asked = requests(sample(addresses(), 50))
    for kind in KINDS:
        assert_harmless(kind, sample(asked, 60))


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS)
def test_no_address_of_the_admin_breaks_anything(kind: str) -> None:
    make_rows()
    assert_harmless(kind, requests(addresses()))
