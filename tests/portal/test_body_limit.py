"""Requests that are too large are rejected before they are read."""

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
def test_a_large_body_without_login_is_rejected_unread(path: str) -> None:
    assert post(Client(), path, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1) == 413


def test_an_invalid_session_does_not_help() -> None:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    assert post(client, "/admin/login/", 400 * 2**20) == 413


def test_signed_in_users_can_upload_a_picture_but_not_more() -> None:
    client = Client()
    client.force_login(User.objects.create_user("editor", is_staff=True))
    assert post(client, "/admin/archive/issue/add/", settings.LARGEST_UPLOAD + 1) == 413
    assert post(client, "/admin/archive/issue/add/", settings.LARGEST_UPLOAD) == 403  # no permission to add


@pytest.mark.parametrize("length", ["", "many", "-5"])
def test_an_invalid_length_is_not_an_error(length: str) -> None:
    kind = "application/x-www-form-urlencoded"
    assert Client().generic("POST", "/admin/login/", b"", kind, CONTENT_LENGTH=length).status_code in (200, 302, 403)
