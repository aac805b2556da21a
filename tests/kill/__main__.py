"""The kill table: python -m tests.kill [S1 ...] [--short] [--sqlite | --postgres]. Ends with 1 if a line fails."""

import argparse
import datetime as dt
import sys

from tests.kill.house import houses
from tests.kill.playing import Line, play

# S4 is the end of S1 and S2: what is uncertain then, an operator sends again.
ON = {
    "sqlite": ("S1", "S3", "S5", "S8", "S9", "S10", "S11", "S12", "S13", "S14", "S15", "S16", "S17", "S19", "S20"),
    "postgresql": (
        *("S2", "S3", "S5", "S6", "S10", "S11", "S12", "S13", "S14", "S15", "S16", "S17", "S18", "S19", "S20"),
    ),
}
IDS = sorted({id for ids in ON.values() for id in ids}, key=lambda id: int(id[1:]))
HEAD = ("id", "database", "fault", "load", "lost", "duplicates", "uncertain (accepted) of at most", "verdict", "s", "")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("ids", nargs="*", metavar="ID", help=f"of {', '.join(IDS)}; all, if none is named")
    parser.add_argument("--short", action="store_true", help="a few faults of each, as the tests do")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--sqlite", dest="only", action="store_const", const="sqlite", help="on SQLite alone")
    only.add_argument("--postgres", dest="only", action="store_const", const="postgresql", help="on PostgreSQL alone")
    options = parser.parse_args()
    if unknown := set(options.ids) - set(IDS):
        parser.error(f"no such id: {', '.join(sorted(unknown))}")
    say(f"Kill table of {dt.date.today():%Y-%m-%d}: python -m tests.kill {' '.join(sys.argv[1:])}".rstrip() + "\n")
    say(row(HEAD))
    say(row(["---"] * len(HEAD)))
    failed = 0
    for database in [options.only] if options.only else list(ON):
        with houses(postgres=database == "postgresql") as made:
            for id in ON[database]:
                if not options.ids or id in options.ids:
                    for line in play(id, made, short=options.short):
                        failed += not line["passed"]
                        show(line)
    say(f"\n{failed} failed" if failed else "\nAll passed")
    return 1 if failed else 0


def show(line: Line) -> None:
    uncertain = f"{line['uncertain']} ({line['accepted']}) of {line['bound']}"
    verdict = "pass" if line["passed"] else "FAIL"
    shown = [line[name] for name in ("id", "database", "fault", "load", "lost", "duplicates")]
    say(row([*shown, uncertain, verdict, line["seconds"], line["note"]]))
    for wrong in line["wrong"]:
        print(f"  {line['id']}: {wrong}", file=sys.stderr)


def row(cells: "list[object] | tuple[str, ...]") -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
