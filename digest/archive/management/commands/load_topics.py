"""Load topics with labels, synonyms and definitions in three languages from a vocabulary file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from digest.archive.topic_loader import load_topics
from digest.common.commands import LocalizedCommand


class Command(LocalizedCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="for example fixtures/topics.json")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            count = load_topics(file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise CommandError(_("%(file)s is not a JSON file.") % {"file": file}) from None
        except (KeyError, TypeError) as error:
            params = {"file": file, "key": error}
            raise CommandError(_("%(file)s is not a vocabulary file: %(key)s is missing.") % params) from None
        except ValidationError as error:
            raise CommandError(f"{file}: {' '.join(error.messages)}") from None
        self.stdout.write(ngettext("%(count)s topic loaded.", "%(count)s topics loaded.", count) % {"count": count})
