"""The commands of the documents, run as they stand there: install, send, back up, upgrade, lose, restore, send on."""

import http.client
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.documented import blocks
from tests.deploy.files import free_port
from tests.deploy.log_writer import MailServer
from tests.deploy.machine import Machine
from tests.kill.cluster import cluster

READERS = 40
INSTALLATION, BACKUP, UPGRADES = "installation.md", "backup.md", "upgrades.md"
FIRST_STEPS = ("1. The user, the folders and the code", "2. The database")
SETTING_UP = ("3. The settings", "4. Tables, topics and the first account")
SERVICES, NGINX = "5. The services", "6. nginx"
MAKE_BACKUP, SAME_MACHINE, EMPTY_MACHINE, AFTER_RESTORE = (
    "Make a backup",
    "Restore on the same machine",
    "Restore on an empty machine",
    "After a restore: unlock email",
)
WALKED = {
    INSTALLATION: {*FIRST_STEPS, *SETTING_UP, SERVICES, NGINX},
    BACKUP: {MAKE_BACKUP, SAME_MACHINE, EMPTY_MACHINE, AFTER_RESTORE},
    UPGRADES: {"1. Make a backup", "2. Upgrade", "The way back"},
}
START_MAILING = f"""
from digest.archive.models import Issue
from digest.editorial.publishing import publish_and_send
from digest.subscriptions.models import Subscriber
from django.utils import timezone
for number in range({READERS}):
    address = f"reader{{number}}@farm.example"
    Subscriber.objects.create(
        address=address, address_key=address, state="active", language="en", confirmed_at=timezone.now()
    )
publish_and_send(next(issue for issue in Issue.objects.all() if not issue.is_partial))
"""


@pytest.mark.parametrize("name", WALKED)
def test_every_command_block_names_its_user_and_is_run_below(name: str) -> None:
    found = blocks(name)
    assert all(block.user for block in found)
    assert {block.heading for block in found} == WALKED[name]


@pytest.fixture
def root() -> Iterator[Path]:
    """The folder in place of `/`: not pytest's, which another run may remove while this one takes its minutes."""
    with tempfile.TemporaryDirectory(prefix="snz-documents-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture
def mail_server(root: Path) -> Iterator[MailServer]:
    (root / "var" / "log").mkdir(parents=True)
    (root / "var" / "log" / "mail.log.1").touch()
    server = MailServer(root / "var" / "log" / "mail.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def machine(root: Path, mail_server: MailServer) -> Iterator[Machine]:
    with cluster(root / "postgresql") as running:
        made = Machine(root, running, free_port())
        yield made
        made.stop_all()
        print(made.journal("snz-mail"))  # pytest shows it if the test failed


def wait_for(what: Callable[[], bool]) -> None:
    for _attempt in range(1800):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("nothing came of it within three minutes")


def is_up(machine: Machine) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", machine.port, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "digest.example.org"})
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def install(machine: Machine, server: MailServer) -> None:
    machine.run(*blocks(INSTALLATION, *FIRST_STEPS))
    settings, accounts = (blocks(INSTALLATION, heading) for heading in SETTING_UP)
    machine.run(*settings)
    edit_settings(machine, server)
    assert "no issues" in machine.run(*accounts)
    start_services(machine)


def edit_settings(machine: Machine, server: MailServer) -> None:
    """What the operator edits: the mail server is the test's own, and a pause ends within a second."""
    path = machine.path("/srv/snz/.env")
    assert path.stat().st_mode & 0o777 == 0o600
    text = path.read_text()
    assert "\nSMTP_URL=smtp://127.0.0.1:25?starttls=off\n" in text
    text = text.replace("smtp://127.0.0.1:25?starttls=off", server.url)
    path.write_text(text + "MAIL_PAUSE_SECONDS=1\n")


def start_services(machine: Machine) -> None:
    """The services' last command asks the portal itself, so that it runs once the portal has started."""
    *starting, checking = blocks(INSTALLATION, SERVICES)
    machine.run(*starting)
    wait_for(lambda: is_up(machine))
    assert "ok" in machine.run(checking)
    machine.run(*blocks(INSTALLATION, NGINX))
    machine.run_unit("snz-tidy")


def back_up(machine: Machine) -> None:
    printed = machine.run(*blocks(BACKUP, MAKE_BACKUP))
    machine.backup = Path(printed.strip().splitlines()[-1]).name.removesuffix(".dump")
    names = {path.name for path in machine.path("/var/backups/snz").iterdir()}
    assert {f"{machine.backup}{end}" for end in (".dump", "-media.tar.gz", ".env")} <= names


def send_until(server: MailServer, count: int) -> None:
    server.limit = count
    wait_for(lambda: sum(server.accepted.values()) == count)


def assert_locked(machine: Machine) -> None:
    done = machine.manage("send_mailings", "--once")
    assert done.returncode == 1 and "Sending is locked" in done.stderr, done.stderr


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="the documents' commands are Linux's")
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed, which the documents use")
def test_install_run_back_up_lose_restore_and_send_on(machine: Machine, mail_server: MailServer) -> None:
    install(machine, mail_server)
    imported = machine.manage("import_newsletter", "docs/newsletter-example.txt", "--publish")
    assert imported.returncode == 0, imported.stderr
    started = machine.manage("shell", "-c", START_MAILING)
    assert started.returncode == 0, started.stderr

    send_until(mail_server, 12)
    back_up(machine)  # the sender is at work, and there is no picture yet
    machine.run(*blocks(UPGRADES, "1. Make a backup", "2. Upgrade"))
    wait_for(lambda: is_up(machine))
    send_until(mail_server, 25)

    machine.shell("postgres", "psql --dbname=snz --command='DROP TABLE mailing_delivery, mailing_mailing CASCADE'")
    restore_on_the_same_machine(machine)
    send_until(mail_server, READERS)
    wait_for(lambda: "0 to go" in counted(machine))
    assert set(mail_server.accepted.values()) == {1}

    back_up(machine)
    lose_everything(machine)
    restore_on_an_empty_machine(machine)
    assert sum(mail_server.accepted.values()) == READERS
    machine.run(*blocks(UPGRADES, "The way back"))


def restore_on_the_same_machine(machine: Machine) -> None:
    *restoring, dropping = blocks(BACKUP, SAME_MACHINE)
    machine.run(*restoring)
    wait_for(lambda: is_up(machine))
    assert_locked(machine)
    marking, unlocking = blocks(BACKUP, AFTER_RESTORE)
    printed = machine.run(marking)
    marked, sent_before, unknown, waiting = (int(number) for number in re.findall(r": (\d+)$", printed, re.M))
    # The backup may be older than the database's word of the last emails before it, one for each connection.
    assert marked + sent_before == 25 and 13 <= marked <= 13 + 8, printed
    assert (unknown, waiting) == (0, READERS - 25), printed
    machine.run(unlocking)
    machine.run(dropping)


def lose_everything(machine: Machine) -> None:
    machine.lose_disk()
    machine.shell("postgres", "dropdb snz; dropuser snz")


def restore_on_an_empty_machine(machine: Machine) -> None:
    machine.run(*blocks(INSTALLATION, *FIRST_STEPS))
    assert "no issues" in machine.run(*blocks(BACKUP, EMPTY_MACHINE))
    start_services(machine)
    assert_locked(machine)
    machine.run(blocks(BACKUP, AFTER_RESTORE)[-1])
    assert machine.manage("send_mailings", "--once").returncode == 0


def counted(machine: Machine) -> str:
    code = "from digest.mailing.models import Delivery as D; print(D.objects.exclude(state='sent').count(), 'to go')"
    return machine.manage("shell", "-c", code).stdout
