"""An editor's desk."""

import pytest
from django.test import Client

from tests.editorial.admin_client import Desk


@pytest.fixture
def desk(admin_user) -> Desk:
    client = Client(headers={"accept-language": "en"})
    client.force_login(admin_user)
    return Desk(client)
