"""One file of weights as people pass it on: what its first bytes say it is, and which tensors in it are the model.

Nothing is run that a file brings along: only tensors are read. A pickle can ask for any function to be called; such a
file is refused, but for classes that hold settings, in whose place stands one of ours that does nothing.
"""

from __future__ import annotations

import codecs
import contextlib
import pickle
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hrm.errors import InputError
from hrm.files import readable
from hrm.store.folder import read_tensors

AGAIN = "fetch it again"
START = 512
"""Bytes that tell what a file is."""

PACKED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
}
OTHERS = {b"GGUF": "GGUF", b"\x89HDF": "HDF5 (Keras)", b"\x93NUMPY": "NumPy"}
"""Formats of files that do not hold a PyTorch model."""

SETTINGS = re.compile(r"(argparse|pathlib|omegaconf|typing|collections|datetime|numpy|lightning|pytorch_lightning)\..*")
"""Modules whose classes hold settings, numbers or counters beside the weights."""


def read_file(file: Path) -> Any:
    """The content of a checkpoint: tensors by name, or what they are wrapped in. Raises ``InputError`` that says what
    the file is instead, and what to do."""
    with readable(file), open(file, "rb") as opened:
        start = opened.read(START)
    size = file.stat().st_size
    if problem := what_instead(start, size):
        raise InputError(f"{file} {problem}")
    if is_safetensors(start):
        return read_tensors(file)
    is_zip = start.startswith(b"PK")
    if is_zip:
        _check_zip(file, size)
    can_map = is_zip and file.suffix != ".safetensors"  # by that suffix PyTorch would take the file for another kind
    try:
        with _settings_as_nothing(file) if is_zip else contextlib.nullcontext(), open(file, "rb") as opened:
            return torch.load(file if can_map else opened, map_location="cpu", weights_only=True, mmap=can_map)
    except pickle.UnpicklingError as error:
        raise InputError(_refusal(file, str(error))) from error
    except (OSError, RuntimeError, ValueError, EOFError, KeyError, TypeError, AttributeError, IndexError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise InputError(f"cannot read {file}: truncated, or not written by torch.save ({reason}); {AGAIN}") from error


def stand_in(start: bytes) -> str | None:
    """Words on what came in place of a file, and what to do, by its first bytes: nothing, a pointer, an archive ..."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not text:
        return f"is empty: it was not fetched whole; {AGAIN}"
    if start.startswith(b"version https://git-lfs"):
        pointed = re.search(rb"size (\d+)", start)
        of = f" of {int(pointed[1]):,} bytes" if pointed else ""
        return f"is a git-lfs pointer in place of the file{of}: run git lfs pull, or fetch the file itself"
    if text[:1] == b"<":
        return "is a web page: fetch the file itself (on the hub /resolve/ in place of /blob/ or /tree/)"
    for magic, name in PACKED.items():
        if start.startswith(magic):
            return f"is packed ({name}): unpack it, and name what is in it"
    if start[257:262] == b"ustar":
        return "is packed (tar): unpack it, and name what is in it"
    return None


def what_instead(start: bytes, size: int) -> str | None:
    """Words on a file that holds no weights that can be read, and what to do."""
    if problem := stand_in(start):
        return problem
    for magic, name in OTHERS.items():
        if start.startswith(magic):
            return f"is a {name} file: only files of torch.save and safetensors can be imported"
    if is_safetensors(start):
        is_cut = int.from_bytes(start[:8], "little") + 8 > size
        return (
            f"is cut off: {size:,} bytes do not hold the header of this safetensors file; {AGAIN}" if is_cut else None
        )
    with contextlib.suppress(UnicodeDecodeError):
        text = codecs.getincrementaldecoder("utf-8")().decode(start)  # the last letter may be cut
        if all(letter.isprintable() or letter.isspace() for letter in text):
            return f"is a text, not weights ({' '.join(text.split())[:60]!r}); {AGAIN}"
    return None


def is_safetensors(start: bytes) -> bool:
    """True for a safetensors file: the length of its header (8 bytes), and the header, JSON."""
    return len(start) > 8 and start[8:9] == b"{" and int.from_bytes(start[:8], "little") < 1 << 32


def _check_zip(file: Path, size: int) -> None:
    if not zipfile.is_zipfile(file):
        raise InputError(f"{file} is cut off: {size:,} bytes of a longer file; {AGAIN}")
    with readable(file), zipfile.ZipFile(file) as archive:
        if not any(name.endswith("data.pkl") for name in archive.namelist()):
            raise InputError(f"{file} is a zip archive, not a checkpoint: unpack it, and name what is in it")
        # PyTorch does not look at the checksums that it writes.
        if (damaged := archive.testzip()) is not None:
            raise InputError(f"{file} is damaged ({damaged} is not what was written); {AGAIN}")


class Nothing:
    """A stand-in for an object that holds settings: whatever it is made of is thrown away."""

    def __new__(cls, *_args: Any, **_options: Any) -> Nothing:
        return super().__new__(cls)

    def __init__(self, *_args: Any, **_options: Any) -> None: ...

    def __setstate__(self, _state: Any) -> None: ...


@contextlib.contextmanager
def _settings_as_nothing(file: Path) -> Iterator[None]:
    """A time in which the classes of settings that a file names are ``Nothing``; all others are still refused."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(file)
    except (RuntimeError, ValueError, pickle.UnpicklingError):  # loading will say what is wrong
        names = []
    stand_ins: list[Any] = [(Nothing, name) for name in names if SETTINGS.fullmatch(name)]
    with torch.serialization.safe_globals(stand_ins):
        yield


def _refusal(file: Path, error: str) -> str:
    asked = re.search(r"(?:GLOBAL|class|function) ([\w.]+\.\w+)", error)
    wants = f"asks for {asked[1]} to be run" if asked else "is damaged, or asks for code to be run"
    return (
        f"{file} is refused: it {wants} when it is loaded, which a checkpoint has no need of. Get it again from a "
        "place that you trust, or save its tensors alone: torch.save(model.state_dict(), FILE)"
    )


Tensors = dict[str, Tensor]

NO_MODEL = re.compile(r"optim|sched", re.IGNORECASE)
"""In keys under which something else goes by the names of weights."""

AVERAGE = re.compile(r"(^|[._])(ema|swa)([._]|$)|shadow|averag", re.IGNORECASE)
"""In the key of averaged weights."""

HEAD = "lm_head.weight"
"""The name that every model of the published codes ends with."""


def state_dicts(content: Any, key: str = "", depth: int = 3) -> dict[str, Tensors]:
    """Key -> the tensors under it by name, for everything in the file that may be a model; "" is the file itself.

    Two models in one state dict (``model.``, ``ema_model.``) are told apart by what their names begin with.
    """
    if not isinstance(content, Mapping) or not all(isinstance(name, str) for name in content) or depth < 0:
        return {}
    found: dict[str, Tensors] = {}
    tensors = {name: value for name, value in content.items() if isinstance(value, Tensor)}
    if any(name.endswith(HEAD) for name in tensors):
        prefixes = sorted({name.removesuffix(HEAD) for name in tensors if name.endswith(HEAD)}, key=len, reverse=True)
        rest = dict(tensors)
        for prefix in prefixes if len(prefixes) > 1 else ():
            part = {name: rest.pop(name) for name in list(rest) if name.startswith(prefix)}
            found[f"{key}.{prefix}".strip(".")] = {name.removeprefix(prefix): value for name, value in part.items()}
        if len(prefixes) == 1:
            found[key] = rest
    for name, value in content.items():
        if not NO_MODEL.search(name):
            found |= state_dicts(value, f"{key}.{name}".strip("."), depth - 1)
    if not found and key == "" and tensors and len(tensors) == len(content):
        found[key] = tensors  # a bare state dict of some other model: what is missing will be told
    return found


def pick(content: Any, wanted: str | None, file: Path) -> tuple[Tensors, str]:
    """The weights in the content of ``file``, and a sentence on which were taken where there was a choice.

    wanted: their key. Of a model and its average the average is taken, as the published code does; what is not averaged
    (first states) comes from the model. Raises ``InputError`` where nothing is a model, or several are.
    """
    found = state_dicts(content)
    if not found:
        raise InputError(f"{file} holds {_described(content)}, and nothing in it is a state dict of tensors by name")
    averages = [key for key in found if AVERAGE.search(key)]
    others = [key for key in found if key not in averages]
    chosen = (averages or others)[0] if wanted is None else wanted
    if chosen not in found:
        raise InputError(f"{file} has no weights under {wanted!r}. There are: {_listed(found)}")
    if wanted is None and len(averages or others) > 1:
        raise InputError(f"{file} holds several models: {_listed(found)}. Choose one with --weights KEY")
    tensors, said = found[chosen], f"The weights under {chosen!r} were taken" if chosen else ""
    if chosen in averages and len(others) == 1 and (filled := _missing(tensors, found[others[0]])):
        tensors = tensors | filled
        said += f", and what has no average ({len(filled)} tensors, {min(filled)} first) from {others[0]!r}"
    if left := ", ".join(repr(key) for key in found if key != chosen):
        said += f"; {left} was not (--weights KEY takes another)"
    return tensors, said and f"{said}."


def _missing(average: Tensors, model: Tensors) -> Tensors:
    """The tensors of a model that its average has not: told by names, whatever stands before them."""
    prefix_of = {id(part): next(n for n in part if n.endswith(HEAD)).removesuffix(HEAD) for part in (average, model)}
    ours, theirs = prefix_of[id(average)], prefix_of[id(model)]
    moved = {ours + name.removeprefix(theirs): tensor for name, tensor in model.items()}
    return {name: tensor for name, tensor in moved.items() if name not in average}


def _described(content: Any) -> str:
    kind = type(content).__name__.lower()
    if not isinstance(content, Mapping):
        return f"a {kind}"
    return f"a dictionary of {', '.join(map(str, list(content)[:8]))}" if content else "an empty dictionary"


def _listed(found: Mapping[str, Tensors]) -> str:
    return ", ".join(f"{key!r} ({len(tensors)} tensors)" for key, tensors in found.items())
