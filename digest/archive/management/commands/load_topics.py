"""Load a vocabulary file: topics with labels, synonyms and definitions in three writings."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from digest.archive.changes import record_change
from digest.archive.models import Item
from digest.archive.vocabulary import load_topics


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="such as fixtures/topics.json")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            with transaction.atomic():
                count = load_topics(file)
                # Blocks name the collections they lead on to.
                record_change(Item.objects.filter(further_reading__isnull=False).distinct())
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise CommandError(f"{file} is no JSON file.") from None
        except (KeyError, TypeError) as error:
            raise CommandError(f"{file} is no vocabulary file: {error} is missing.") from None
        except ValidationError as error:
            raise CommandError(f"{file}: {' '.join(error.messages)}") from None
        self.stdout.write(f"{count} topics loaded.")
