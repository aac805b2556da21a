"""Plays one scenario in the portal that the environment names: `python -m tests.kill.inside S1 [--short]`."""

import argparse
import json
import sys

import django


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill.inside", description=__doc__)
    parser.add_argument("id")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args()
    django.setup()
    from django.conf import settings
    from django.test import override_settings

    from tests.kill.scenarios import SCENARIOS

    # Pages are asked for as well, and no style sheets were collected for them.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}).enable()

    for result in SCENARIOS[options.id].play(options.short):
        print(json.dumps(result.as_dict()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
