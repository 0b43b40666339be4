"""The program ``hrm``: one verb, one file. A verb's file is imported only when it is called."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Sequence

from hrm.cli.net import SHOW, at_home, guarded
from hrm.errors import look_up

VERBS = {
    "solve": "solve puzzles with a trained model",
    "train": "train a recipe",
    "eval": "measure a model on held-out puzzles",
    "compare": "models and language models on the same puzzles, side by side",
    "ablate": "repeat a study: train variants of a recipe under several seeds, and compare them",
    "demo": "train, measure and watch a small model, in a few minutes",
    "runs": "a table of runs: how far they are, what they scored",
    "plot": "loss and accuracy of runs over steps or minutes",
    "analyze": "look inside a model",
    "bench": "measure speed",
    "export": "write a trained model as a folder to share",
    "page": "watch a model think in the browser, on a page of its own",
    "import": "make a model folder of a checkpoint of the published code",
    "data": "fetch, check, draw, export and generate puzzles",
    "list": "recipes, models, tasks",
    "env": "this machine and these versions, to paste into an issue",
}

FILES = {"import": "import_"}
"""Where a verb is a word of Python's own, its file is called otherwise."""

HELP = (
    "usage: hrm VERB ...\n\nHierarchical reasoning models: train, check, dissect, use.\n\n"
    + "".join(f"  {verb:8s}{text}\n" for verb, text in VERBS.items())
    + "\n'hrm VERB --help' explains a verb. Errors are told in one line; where in the program they come from is\n"
    f"shown with {SHOW}=1 in the environment."
)

WORKING = ("solve", "train", "eval", "compare", "ablate", "demo", "analyze", "bench")
"""Verbs that compute for long."""

WAIT_POLICIES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""Settings of OpenMP, any of which says how threads wait for each other."""

NARROW = 40
"""Columns below which tables and help fall apart."""


def main(args: Sequence[str] | None = None) -> int:
    """Exit status of ``hrm ARGS``: 2 for what cannot be done, with the reason on standard error (``net.guarded``)."""
    given = at_home(sys.argv[1:] if args is None else args)
    if not any(name in os.environ for name in WAIT_POLICIES):
        # Threads that wait spin for a moment, then sleep. Where they spin for long, the default, another busy process
        # makes this one many times slower; where not at all, small products on two cores take half as long again
        # (docs/log.md, 2026-11-26). OpenMP reads both when torch is imported; GNU's goes by the count.
        os.environ |= {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"}
    told = os.environ.get("COLUMNS", "")
    if shutil.get_terminal_size().columns < NARROW or (told.isdecimal() and int(told) < NARROW):
        os.environ["COLUMNS"] = str(NARROW)  # lines that the terminal breaks can be read, columns of one letter cannot
    return guarded(lambda: run(given))


def run(args: list[str]) -> int:
    """The verb that ``args`` begin with."""
    if not args or args[0] in ("-h", "--help", "help"):  # 'list' is a verb of ours, and a module in this package
        print(HELP)
        return 0
    if args[0] == "--version":
        import hrm

        print(hrm.__version__)
        return 0
    look_up(VERBS, args[0], "verb")
    if args[0] in WORKING:
        from hrm.runtime import keep_memory

        keep_memory()
    return int(importlib.import_module(f"hrm.cli.{FILES.get(args[0], args[0])}").main(args[1:]))
