"""``hrm analyze``: looking inside a model. One verb, one file, imported when called."""

from __future__ import annotations

import importlib

from hrm.errors import look_up

VERBS = {
    "gradients": "what each gradient rule keeps, how long it takes, and where it points",
}

HELP = (
    "usage: hrm analyze VERB MODEL [options]\n\n"
    + "".join(f"  {verb:10s}{text}\n" for verb, text in VERBS.items())
    + "\nMODEL: a run folder, a model folder, the name of a model in the package, or a recipe (its untrained model).\n"
    "'hrm analyze VERB --help' explains a verb."
)


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(HELP)
        return 0 if args else 2
    look_up(VERBS, args[0], "verb of hrm analyze")
    return int(importlib.import_module(f"hrm.cli.analyze.{args[0]}").main(args[1:]))
