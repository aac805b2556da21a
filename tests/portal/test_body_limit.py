"""Requests too large for any form of ours are refused before a byte of them is read."""

import io

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


class Unread(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        raise AssertionError("it was read")


def post(client: Client, path: str, size: int) -> int:
    kind = "multipart/form-data; boundary=b"
    sent = client.generic("POST", path, b"", kind, CONTENT_LENGTH=str(size), **{"wsgi.input": Unread()})
    return sent.status_code


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/archive/issue/add/", "/en/", "/nowhere/"])
def test_without_a_sign_in_a_large_body_is_refused_unread(path: str) -> None:
    assert post(Client(), path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1) == 413


def test_a_session_that_is_nobodys_opens_nothing() -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    assert post(client, "/admin/login/", 400 * 2**20) == 413


def test_who_is_signed_in_may_send_a_picture_and_no_more() -> None:
    client = Client()
    client.force_login(User.objects.create_user("editor", is_staff=True))
    assert post(client, "/admin/archive/issue/add/", settings.LARGEST_UPLOAD + 1) == 413
    assert post(client, "/admin/archive/issue/add/", settings.LARGEST_UPLOAD) == 403  # for want of the right to add


@pytest.mark.parametrize("length", ["", "many", "-5"])
def test_a_length_that_is_none_is_no_error(length: str) -> None:
    kind = "application/x-www-form-urlencoded"
    assert Client().generic("POST", "/admin/login/", b"", kind, CONTENT_LENGTH=length).status_code in (200, 302, 403)
