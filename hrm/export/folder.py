"""A trained model as a folder to share: ``config.json``, ``model.safetensors``, ``README.md``."""

from __future__ import annotations

from pathlib import Path

from hrm.export.card import card, read_results
from hrm.files import new_folder
from hrm.store.folder import LoadedModel
from hrm.store.folder import write_files as write_model_files
from hrm.store.locate import WEIGHTS
from hrm.store.quantize import Precision, stored_as


def save_folder(loaded: LoadedModel, folder: Path, precision: Precision, licence: str | None = None) -> None:
    """A model folder at ``folder``, whole or not at all. Raises ``InputError``."""
    with new_folder(folder) as unfinished:
        write_files(loaded, unfinished, precision, name=str(folder), licence=licence)


def write_files(loaded: LoadedModel, folder: Path, precision: Precision, name: str, licence: str | None = None) -> None:
    """The files of a model folder into one that is there. name: what the card calls it in its commands; licence: what
    it states."""
    weights = {WEIGHTS: stored_as(loaded.model.state_dict(), precision)}
    text = card(loaded, read_results(loaded), precision, name, licence)
    write_model_files(folder, loaded.config, weights, text)
