"""Settings for tests: temporary folders, a fixed site URL and fast password hashing."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_FOLDER = Path(tempfile.mkdtemp(prefix="snz-test-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 5)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_FOLDER / 'test.sqlite3'}")
os.environ["SITE_URL"] = "http://testserver"
os.environ["DEMO_SENDER"] = "false"
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"
os.environ["CONTACT_EMAIL"] = "editors@digest.test"
os.environ["MEDIA_ROOT"] = str(_FOLDER / "media")
os.environ["PAGE_STORE_DIR"] = str(_FOLDER / "pages")
os.environ["MAIL_STATE_DIR"] = str(_FOLDER / "mail")
os.environ["MAIL_TRANSPORT"] = "demo"
os.environ["DEBUG"] = "false"
os.environ["LC_ALL"] = "C.UTF-8"  # commands use the language of the terminal

from snz_portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT = _FOLDER / "static"
STATIC_ROOT.mkdir()
