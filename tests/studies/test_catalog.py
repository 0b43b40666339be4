from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hrm.models import MODELS
from hrm.models.cost import num_parameters, segment_flops
from hrm.nn.embedding import PuzzleEmbedding
from hrm.studies import STUDIES
from hrm.studies.study import training
from hrm.training.config import RunConfig
from hrm.training.cost import training_flops


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_asks_a_question_and_changes_what_it_says(name: str) -> None:
    study = STUDIES[name]()
    assert study.question.endswith(("?", ")"))
    points = list(study.points())
    assert len({p.label for p in points}) == len({p.folder for p in points}) == len(points)
    configs = [p.config.to_dict() for p in points]
    assert all(a != b for i, a in enumerate(configs) for b in configs[:i]), "no point twice"
    for point in points:
        assert RunConfig.from_dict(point.config.to_dict(), "config.json") == point.config


@pytest.mark.parametrize(
    "name", [name for name in STUDIES if name not in ("puzzle-id", "hard", "mixing", "mixing-mazes")]
)
def test_other_steps_reach_every_point_that_has_none_of_its_own(name: str) -> None:
    study = STUDIES[name]()
    shorter = replace(study, recipe=training(steps=77)(study.recipe))
    steps = {point.label: point.config.training.steps for point in shorter.points()}
    own = {label for label in steps if "as many puzzles as" in label}
    longer = {label for label in steps if label.startswith("1,000 puzzles")}
    assert {steps[label] for label in steps.keys() - own - longer} == {77}
    assert {steps[label] for label in longer} <= {5 * 77}
    assert 77 not in {steps[label] for label in own}


def test_architectures_are_as_equal_as_they_say() -> None:
    study = STUDIES["architecture"]()
    spec = study.recipe.task.build().spec
    sizes, costs = {}, {}
    for point in study.points():
        model = point.config.model.build(spec)
        sizes[point.label] = num_parameters(model)["rest"]
        costs[point.label] = segment_flops(point.config.model.build, spec, 1)
    reference = next(label for label in sizes if label.startswith("hrm"))
    for label in sizes:
        if "equal FLOPs" not in label:
            assert sizes[label] == pytest.approx(sizes[reference], rel=0.02), label
        if "equal parameters" not in label:
            assert costs[label] == pytest.approx(costs[reference], rel=0.02), label


@pytest.mark.parametrize("steps", [6_800, 680])
def test_models_for_hard_puzzles_are_compared_at_equal_arithmetic(steps: int) -> None:
    study = STUDIES["hard"]()
    spec = study.recipe.task.build().spec
    spent = {
        point.label: point.config.training.steps * training_flops(point.config.model.build, spec, point.config.training)
        for point in replace(study, recipe=training(steps=steps)(study.recipe)).points()
    }
    assert spent["TRM"] == pytest.approx(1.0e15 * steps / 6_800, rel=0.02)
    for label, flops in spent.items():
        assert flops == pytest.approx(spent["TRM"], rel=0.01), label


def test_blanked_ids_are_all_alike() -> None:
    study = STUDIES["puzzle-id"]()
    model = MODELS["hrm"](hidden_size=16, num_heads=2, H_layers=1, L_layers=1, puzzle_embedding_size=8).build(
        STUDIES["ema"]().recipe.task.build().spec
    )
    tables = [m.weight for m in model.modules() if isinstance(m, PuzzleEmbedding)]
    torch.nn.init.normal_(tables[0])
    study.readings["id given"](model)
    assert (tables[0] != 0).all()
    study.readings["id blanked"](model)
    assert (tables[0] == 0).all()


@pytest.mark.parametrize("name", ["networks", "networks-9x9"])
def test_one_network_or_two_differ_in_nothing_else(name: str) -> None:
    study = STUDIES[name]()
    spec = study.recipe.task.build().spec
    points = {point.label: point.config for point in study.points()}
    models = {label: config.model.build(spec) for label, config in points.items()}
    assert len({"".join(model.updates()) for model in models.values()}) == 1, "the same updates in the same order"
    assert len({segment_flops(config.model.build, spec, 1) for config in points.values()}) == 1
    assert len({repr(config.training) for config in points.values()}) == 1
    assert {config.model.prefix for config in points.values()} == {0}
    sizes = {label: num_parameters(model)["rest"] for label, model in models.items()}
    for label, size in sizes.items():
        assert size == pytest.approx(max(sizes.values()) / (2 if label.startswith("one") else 1), rel=0.05), label
