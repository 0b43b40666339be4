"""``hrm eval MODEL``"""

from __future__ import annotations

import tyro

from hrm.cli.measuring import Options, run


def main(args: list[str]) -> int:
    run(tyro.cli(Options, args=args, prog="hrm eval", config=(tyro.conf.FlagCreatePairsOff,)))
    return 0
