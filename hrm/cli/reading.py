"""The arguments of a verb as its options, by tyro; what is wrong with them as one ``InputError``.

tyro tells what it refuses in boxes of many lines, and refuses what our own settings raise in the same way. Only its
public ways are used here: ``tyro.cli``, the text of its help, and the exception that Python keeps as the context of
the exit.
"""

from __future__ import annotations

import contextlib
import dataclasses
import difflib
import io
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

import tyro

from hrm.errors import InputError

T = TypeVar("T")

PLAIN = (tyro.conf.FlagCreatePairsOff,)
"""Markers for the options of a verb."""
WHOLE = (tyro.conf.AvoidSubcommands, *PLAIN)
"""Markers for options that hold the settings of a task or a model: of the one that there is."""

WIDE = "10000"
"""Columns in which no line of tyro's is broken."""

KINDS = {
    "INT": ("a whole number", "whole numbers"),
    "FLOAT": ("a number", "numbers"),
    "PATH": ("a path", "paths"),
    "STR": ("a text", "texts"),
}
"""tyro's words for what an option takes -> ours, for one and for several."""


class Option(NamedTuple):
    """An option as the help of a verb shows it."""

    flag: str
    takes: str
    """In tyro's words: ``INT``, ``{None}|PATH``, ``{a,b}``, ``[STR [STR ...]]``; nothing for a switch."""


def options_of(
    kind: type[T],
    args: Sequence[str],
    prog: str,
    *,
    default: T | None = None,
    description: str | None = None,
    config: Sequence[Any] = PLAIN,
) -> T:
    """The options of a verb. Exits with help when asked to; raises ``InputError`` for what is wrong with ``args``.

    prog: as a person calls the verb. default: what is meant where nothing is given, with ``tyro.MISSING`` for what has
    to be; config: tyro's markers.
    """
    given: dict[str, Any] = {} if default is None else {"default": default}

    def parse(args: Sequence[str]) -> tuple[T, list[str]]:
        return tyro.cli(
            kind,
            args=args,
            prog=prog,
            description=description,
            config=tuple(config),
            return_unknown_args=True,
            **given,
        )

    if any(re.fullmatch(r"--[\w.-]+=(true|false|yes|no|on|off|0|1)", arg, re.IGNORECASE) for arg in args):
        _refuse_values(args, known_options(parse))  # to tyro they are words of their own
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options, unknown = parse(args)
    except (SystemExit, InputError) as left:
        if isinstance(left, SystemExit) and left.code != 2:
            sys.stderr.write(said.getvalue())
            raise
        known = known_options(parse)
        if (ours := _ours(left)) is not None:
            raise InputError(_with_flag(str(ours), known)) from None
        refuse_unknown([arg for arg in args if arg.startswith("--") and arg != "--"], known, prog, _words(kind))
        raise InputError(_reason(_message(parse, args), args, known, _required(kind, default), prog)) from None
    if unknown:
        known = known_options(parse)
        refuse_unknown(unknown, known, prog, _words(kind))
        _refuse_word(next((arg for arg in unknown if arg != "--"), "--"), known, prog)
    return options


def _ours(left: BaseException) -> InputError | None:
    """What a setting of ours said about its value, where that is why tyro left."""
    error: BaseException | None = left
    while error is not None and not isinstance(error, InputError):
        error = error.__cause__ or error.__context__
    return error


def _with_flag(said: str, known: Sequence[Option]) -> str:
    """``--model.hidden-size is -3`` for ``model.hidden_size is -3``: as a person has typed it."""
    name, space, rest = said.partition(" ")
    flag = as_flag(f"--{name}")
    return f"{flag}{space}{rest}" if find(flag, known) is not None else said


def _required(kind: type[Any], default: object) -> list[str]:
    """The names of what has to be given."""
    nothing = dataclasses.MISSING
    return [
        field.name
        for field in dataclasses.fields(kind)
        if (default is None and field.default is nothing and field.default_factory is nothing)
        or getattr(default, field.name, None) is tyro.MISSING
    ]


class _Page(io.StringIO):
    """What is printed, with the frames of a terminal that can show them: they are looked for."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a StringIO says None
        return "utf-8"


def _words(kind: type[Any]) -> list[str]:
    """The names of what stands without an option."""
    return [field.name for field in dataclasses.fields(kind) if "Positional[" in str(field.type)]


@contextlib.contextmanager
def _wide() -> Iterator[io.StringIO]:
    """A time in which what is printed comes here, in lines as long as they need to be."""
    before, printed = os.environ.get("COLUMNS"), _Page()
    os.environ["COLUMNS"] = WIDE
    try:
        with contextlib.suppress(SystemExit), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield printed
    finally:
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before


def known_options(parse: Callable[[Sequence[str]], object]) -> list[Option]:
    """The options that the help of a verb lists."""
    with _wide() as printed:
        parse(["--help"])
    shown = re.findall(r"│ (?:-\w, )?((?:--[\w.-]+(?:, )?)+) ?(.*?)(?=  |│)", printed.getvalue())  # several in a line
    return [Option(flag, takes.strip()) for flags, takes in shown for flag in flags.split(", ")]


def _message(parse: Callable[[Sequence[str]], object], args: Sequence[str]) -> list[str]:
    """The lines of what tyro says of ``args``, without the frame around them and the advice below."""
    with _wide() as printed:
        parse(args)
    lines = [line.strip("│").rstrip() for line in printed.getvalue().splitlines()]
    lines = [line for line in lines if line.strip() and not re.match(r"[╭╰]", line)]
    ends = [number for number, line in enumerate(lines) if re.fullmatch(r"\s*─+", line)]
    return lines[: ends[0]] if ends else lines


def as_flag(arg: str) -> str:
    """The name of an option, as the help writes it, without a value behind ``=``."""
    return arg.partition("=")[0].replace("_", "-")


def find(flag: str, known: Sequence[Option]) -> Option | None:
    """The option of that name."""
    return next((option for option in known if option.flag == flag), None)


def refuse_unknown(args: Sequence[str], known: Sequence[Option], prog: str, words: Sequence[str] = ()) -> None:
    """``InputError`` for the first argument that would be an option, and is none, with the nearest one of ``known``."""
    for arg in args:
        flag = as_flag(arg)
        if not arg.startswith("-") or arg == "--" or find(flag, known) is not None:
            continue
        if flag.lstrip("-") in words:
            raise InputError(f"{flag[2:].upper()} is given without {flag}: {prog} {flag[2:].upper()}")
        near = nearest(flag, [option.flag for option in known])
        raise InputError(
            f"there is no option {arg.partition('=')[0]}: "
            + (f"did you mean {near}?" if near is not None else f"'{prog} --help' lists them")
        )


def nearest(flag: str, flags: Sequence[str]) -> str | None:
    """The option perhaps meant: one of ``flags`` that ends in it (``--lr``: ``--training.lr``), or looks like it."""
    name = flag.lstrip("-")
    ends = [other for other in flags if other.rpartition(".")[2].lstrip("-") == name]
    if not ends and len(name) < 2:
        return None
    close = difflib.get_close_matches(f"--{name}", flags, n=1, cutoff=0.7)
    if not (ends or close):
        last = {other.rpartition(".")[2].lstrip("-"): other for other in reversed(flags)}
        close = [last[one] for one in difflib.get_close_matches(name, last, n=1, cutoff=0.75)]
    return next(iter([*ends, *close]), None)


def _refuse_values(args: Sequence[str], known: Sequence[Option]) -> None:
    """``InputError`` for ``--json=False``: a switch is there, or not."""
    for arg in args:
        if "=" in arg and (option := find(as_flag(arg), known)) is not None and not option.takes:
            raise InputError(f"{arg}: a switch takes no value, say {option.flag} or leave it out")


def _refuse_word(word: str, known: Sequence[Option], prog: str) -> NoReturn:
    """``InputError`` for a word that belongs to no option: for ``lr=1e-4``, as other programs want it, with ours."""
    name, equals, value = word.partition("=")
    flags = [option.flag for option in known]
    flag = as_flag(f"--{name}")
    meant = flag if flag in flags else next((other for other in flags if other.endswith(f".{flag[2:]}")), None)
    if equals and meant is not None:
        raise InputError(f"{word}: options begin with two dashes, {meant} {value}")
    raise InputError(f"{word!r} is one word too many: '{prog} --help' tells what there is")


def _reason(message: list[str], args: Sequence[str], known: Sequence[Option], required: list[str], prog: str) -> str:
    """A line for what tyro says of ``args`` in ``message``."""
    said = " ".join(" ".join(message).split())
    if re.match(r"Missing from|The following arguments are required", said) or not args:
        flags = {as_flag(arg) for arg in args}
        has_word_missing = re.search(r"(?m)^\s+[A-Z\[\]. ]+$|required: [A-Z]", "\n".join(message)) or not args
        words = [name for name in required if find(as_flag(f"--{name}"), known) is None and has_word_missing]
        options = [as_flag(f"--{name}") for name in required if find(as_flag(f"--{name}"), known) is not None]
        missing = [name.upper() for name in words] + [flag for flag in options if flag not in flags]
        if missing:
            be, it = ("is", "it is") if len(missing) == 1 else ("are", "they are")
            return f"{' and '.join(missing)} {be} missing: '{prog} --help' tells what {it}"
    for flag in re.findall(r"(?<![\w.-])--[\w.-]*\w", said):
        if (option := find(flag, known)) is not None:
            values = given_to(option.flag, args)
            what = " ".join([option.flag, *values])
            if not option.takes:
                return f"{what}: it takes no value"
            missing_value = "" if values else "a value is missing, "
            return f"{what}: {missing_value}give {in_words(option.takes)}"
    return f"{said} ('{prog} --help' lists the options)"


def given_to(flag: str, args: Sequence[str]) -> list[str]:
    """The values that ``flag`` has among the arguments, where it stands last."""
    values: list[str] = []
    is_its = False
    for arg in args:
        if arg.startswith("--"):
            is_its = as_flag(arg) == flag
            values = ([arg.partition("=")[2]] if "=" in arg else []) if is_its else values
        elif is_its:
            values.append(arg)
    return values


def in_words(takes: str) -> str:
    """The words for what an option takes: of ``{None}|INT``, "a whole number, or None"."""
    choices = {choice for part in re.findall(r"\{([^{}]*)\}", takes) for choice in part.split(",")} - {"None"}
    if any(re.search(r"[a-z]", choice) for choice in choices):
        how_many = "some" if "..." in takes else "one"
        return f"{how_many} of {', '.join(sorted(choices))}" + (", or None" if "None" in takes else "")
    parts = re.findall(r"\{[^{}]*\}|\[[^|]*\]|[^|{}]+", takes)
    inner = [part.strip("{}") for part in parts]
    words = [_plain(part) for part in inner if part != "None"]
    return " or ".join(words) + (", or None" if "None" in inner else "")


def _plain(part: str) -> str:
    names = re.findall(r"[A-Z]+", part)
    is_list = "..." in part
    if is_list:
        names = names[: len(names) // 2]
    if not names or len(set(names)) > 1 or names[0] not in KINDS:
        return part
    one, several = KINDS[names[0]]
    if is_list:
        return several if len(names) == 1 else f"{several}, {len(names)} by {len(names)}"
    return one if len(names) == 1 else f"{len(names)} {several}"
