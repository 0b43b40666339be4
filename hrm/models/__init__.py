"""The architectures, one file each. ``MODELS`` is the one table that a name is looked up in."""

from __future__ import annotations

from hrm.models.hrm import HRMConfig

ModelConfig = HRMConfig
"""Any model's configuration; a union once there are several."""

MODELS: dict[str, type[ModelConfig]] = {HRMConfig.name: HRMConfig}
