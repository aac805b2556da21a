"""Databases for saved sites: filled from a dump, copied for a test that changes them, thrown away."""

import lzma
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from tests.upgrade.portal import HERE, Portal

VENDOR = "sqlite" if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else "postgresql"


@contextmanager
def loaded(name: str, folder: Path) -> Iterator[Portal]:
    """A portal with what `<name>.sql.xz` holds, on the kind of database that the tests run on."""
    text = lzma.decompress((HERE / f"{name}.sql.xz").read_bytes()).decode()
    with _new_database(folder, "template0") as url:
        portal = Portal(folder, url)
        with closing(portal.connect()) as opened:
            if VENDOR == "sqlite":
                opened.executescript(text)
            else:
                with opened, opened.cursor() as cursor:
                    cursor.execute(text)
        yield portal


@contextmanager
def copied(portal: Portal, folder: Path) -> Iterator[Portal]:
    """The same once more; nobody may be connected to the original while it is made."""
    with _new_database(folder, urlsplit(portal.url).path.strip("/")) as url:
        if VENDOR == "sqlite":
            with closing(portal.connect()) as source, closing(Portal(folder, url).connect()) as target:
                source.backup(target)
        if (portal.folder / "mail").exists():
            shutil.copytree(portal.folder / "mail", folder / "mail")
        yield Portal(folder, url)


@contextmanager
def _new_database(folder: Path, template: str) -> Iterator[str]:
    """The DATABASE_URL of one; on PostgreSQL beside the one that the tests were given."""
    if VENDOR == "sqlite":
        yield f"sqlite:///{folder / 'portal.sqlite3'}"
        return
    import psycopg2

    server, name = os.environ["DATABASE_URL"], f"upgrade_{uuid.uuid4().hex}"
    with closing(psycopg2.connect(server)) as opened, closing(opened.cursor()) as cursor:
        opened.autocommit = True
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
