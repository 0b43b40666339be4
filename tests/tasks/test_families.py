from __future__ import annotations

from dataclasses import fields

import pytest

from hrm.config import from_dict, to_dict
from hrm.tasks import TASKS, families
from hrm.tasks.board import BoardConfig

CONFIGS = [one for one in vars(families).values() if isinstance(one, type) and issubclass(one, BoardConfig)]
CONFIGS.remove(BoardConfig)


@pytest.mark.parametrize("config", CONFIGS)
def test_every_family_is_named_and_its_settings_are_read_back(config: type[BoardConfig]) -> None:
    assert TASKS[config.name] is config
    usual = config()
    assert from_dict(config, to_dict(usual)) == usual
    assert usual.family().name == config.name
    assert {*usual.own()} == {field.name for field in fields(config)} - {field.name for field in fields(BoardConfig)}
