"""Fixtures of the admin tests."""

import pytest
from django.test import Client

from tests.editorial.editor_client import EditorClient


@pytest.fixture
def editor(admin_user) -> EditorClient:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return EditorClient(client)
