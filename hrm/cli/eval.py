"""``hrm eval MODEL``"""

from __future__ import annotations

from hrm.cli.measuring import Options, run
from hrm.cli.reading import options_of


def main(args: list[str]) -> int:
    run(options_of(Options, args, "hrm eval"))
    return 0
