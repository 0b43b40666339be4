"""``hrm analyze``: looking inside a model. Its verbs' files are imported when called."""

from __future__ import annotations

import importlib

from hrm.errors import look_up

VERBS = {
    "states": "how far each level moves, what it would answer, where it goes",
    "rank": "how many dimensions each level uses, against untrained weights",
    "settle": "whether states come to rest, and whether those that do are right",
    "lyapunov": "how fast states that are hardly apart move apart (slow: not in all)",
    "halting": "what stopping by the model's own word gives",
    "intervene": "what happens when a level is held, exchanged, disturbed, begun anew",
    "mixer": "whether cells of one rule look at each other",
    "fidelity": "how far rounded models part from float32",
    "history": "rank, rest and accuracy over the checkpoints of a run",
    "all": "all of these, and a report that opens off line",
    "gradients": "what each gradient rule keeps, how long it takes, and where it points",
}

HELP = (
    "usage: hrm analyze VERB MODEL [options]\n\n"
    + "".join(f"  {verb:10s}{text}\n" for verb, text in VERBS.items())
    + "\nMODEL: a run folder, a model folder, or the name of a model in the package; for gradients a recipe, too.\n"
    "'hrm analyze VERB --help' explains a verb."
)


def main(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help"):
        print(HELP)
        return 0 if args else 2
    look_up(VERBS, args[0], "verb of hrm analyze")
    if args[0] == "gradients":
        return int(importlib.import_module("hrm.cli.analyze.gradients").main(args[1:]))
    return int(importlib.import_module("hrm.cli.analyze.inside").main(*args[:1], args[1:]))
