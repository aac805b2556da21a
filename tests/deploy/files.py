"""The files of docs/deploy/, put into a folder of the test's own with its paths and ports."""

import os
import socket
from pathlib import Path

from django.conf import settings

DEPLOY = Path(settings.BASE_DIR) / "docs" / "deploy"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def path_with(folder: str) -> str:
    """PATH with a folder where Debian keeps servers, which is not on everybody's."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), folder])
