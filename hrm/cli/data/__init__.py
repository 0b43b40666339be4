"""``hrm data``: where puzzles come from, and whether they are in order. One verb, one file, imported when called."""

from __future__ import annotations

import importlib

from hrm.errors import look_up

VERBS = {
    "fetch": "download a public data set: fetch NAME",
    "info": "what a data set is: counts, sizes, symbols, where it is read from",
    "check": "look for faults: duplicates, wrong or ambiguous answers, leaks into the test set",
    "show": "draw some puzzles and their answers",
    "export": "write a data set as a folder in the format of the published code",
    "generate": "write generated puzzles to a CSV file",
}

HELP = (
    "usage: hrm data VERB SOURCE [options]\n\n"
    + "".join(f"  {verb:10s}{text}\n" for verb, text in VERBS.items())
    + "\nSOURCE: a recipe, a task, a run folder or a model folder; --task.train FILE and the like override\n"
    "its settings, as in 'hrm train'. 'hrm data VERB --help' explains a verb, 'hrm data VERB SOURCE --help'\n"
    "lists its options."
)


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(HELP)
        return 0 if args else 2
    look_up(VERBS, args[0], "verb of hrm data")
    return int(importlib.import_module(f"hrm.cli.data.{args[0]}").main(args[1:]))
