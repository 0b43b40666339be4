from __future__ import annotations

import pytest

from hrm.models.cost import num_parameters
from hrm.nn.block import Mixing
from hrm.studies import STUDIES
from hrm.training.cost import training_flops


@pytest.mark.parametrize("name", ["mixing", "mixing-mazes"])
def test_ways_of_mixing_have_equal_weights_and_equal_arithmetic(name: str) -> None:
    study = STUDIES[name]()
    spec = study.recipe.task.build().spec
    points = {point.label: point.config for point in study.points()}
    mixings: dict[str, Mixing] = {label: config.model.mixing for label, config in points.items()}
    assert set(mixings.values()) == {"attention", "mlp", "state_space", "hybrid"}
    first = next(iter(points.values()))
    weights = num_parameters(first.model.build(spec))["rest"]
    operations = first.training.steps * training_flops(first.model.build, spec, first.training)
    for config in points.values():
        assert num_parameters(config.model.build(spec))["rest"] == pytest.approx(weights, rel=0.03)
        own = config.training.steps * training_flops(config.model.build, spec, config.training)
        assert own == pytest.approx(operations, rel=0.01)
        assert config.training.max_segments == first.training.max_segments
