"""Admin lists allow only the lookups of their filters and of our links."""

import re
from html import unescape

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client

from digest.archive.models import Item, Source
from digest.common.admin_site import StrictLookupAdmin
from digest.mailing.models import Delivery
from digest.subscriptions.models import Subscriber
from tests.portal.admin_urls import HUGE, make_rows

pytestmark = pytest.mark.django_db


def lists() -> list[str]:
    return [f"/admin/{model._meta.label_lower.replace('.', '/')}/" for model in admin.site._registry]


def test_all_models_have_strict_lookups() -> None:
    assert {User, Subscriber, Item, Delivery} <= set(admin.site._registry)
    assert all(isinstance(each, StrictLookupAdmin) for each in admin.site._registry.values())


@pytest.mark.parametrize(
    "address",
    [
        "subscriptions/subscriber/?secret__startswith=a",
        r"subscriptions/subscriber/?address_key__regex=^(([a-z@.]%2B)%2B)%2B!$",
        "subscriptions/subscriber/?state__regex=a",
        "auth/user/?password__startswith=a",
        "auth/user/?username__regex=a",
        "mailing/delivery/?subscriber__secret__startswith=a",
        "archive/item/?home_number__regex=a",
        f"archive/item/?id__in={HUGE}",
        "archive/source/?kind__exact=%00",
    ],
)
def test_other_lookups_are_rejected(admin_client: Client, address: str) -> None:
    assert admin_client.get(f"/admin/{address}").status_code == 400


def test_all_filters_work(admin_client: Client) -> None:
    """Follow the link of one choice of each filter."""
    make_rows()
    followed = {}
    for address in lists():
        page = admin_client.get(address).content.decode()
        for query in map(unescape, re.findall(r'href="(\?[^"]+)"', page)):
            followed[address, *re.findall(r"(\w+)=", query)] = address + query
    assert len(followed) > 40
    for link in followed.values():
        assert admin_client.get(link).status_code == 200, link


def test_the_list_of_sources_links_to_their_items(admin_client: Client) -> None:
    make_rows()
    source = Source.objects.get()
    assert f"/admin/archive/item/?source__id__exact={source.pk}" in admin_client.get(lists_of(Source)).content.decode()
    assert admin_client.get(f"{lists_of(Item)}?source__id__exact={source.pk}").status_code == 200


def lists_of(model: type) -> str:
    return f"/admin/archive/{model._meta.model_name}/"


@pytest.mark.parametrize("field", ["topics", "places", "related", "further_reading"])
def test_too_large_numbers_are_bad_requests(admin_client: Client, field: str) -> None:
    answer = admin_client.post("/admin/archive/item/add/", {field: HUGE})
    assert answer.status_code in (200, 400)  # the form rejects it if the database accepts such numbers


@pytest.mark.parametrize("key", ["x", HUGE, "\0"])
def test_invalid_primary_keys_are_rejected(admin_client: Client, key: str) -> None:
    for address in lists():
        data = {"action": "delete_selected", "_selected_action": [key]}
        assert admin_client.post(address, data).status_code in (200, 302, 400, 403, 405), address


def test_users_with_view_permission_can_open_all_rows(client: Client) -> None:
    make_rows()
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(viewer)
    for model in admin.site._registry:
        if row := model._default_manager.first():
            address = f"/admin/{model._meta.label_lower.replace('.', '/')}/{row.pk}/change/"
            assert client.get(address).status_code in (200, 404), address
