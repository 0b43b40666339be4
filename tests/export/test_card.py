from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from export_models import untrained

from hrm.errors import InputError
from hrm.evaluation.table import concatenate, evaluate, summarize
from hrm.export.card import card, command, read_results
from hrm.models.cost import num_parameters
from hrm.recipes import RECIPES
from hrm.runtime import RuntimeConfig, resolve
from hrm.store.folder import load_model
from hrm.store.locate import BUILTIN
from hrm.training.config import RunConfig


def results_of(name: str = "hrm") -> dict[str, Any]:
    loaded = untrained(name)
    runtime = resolve(RuntimeConfig(device="cpu", precision="float32"))
    return {
        "data": "held-out",
        **summarize(concatenate(list(evaluate(loaded.model, loaded.task, runtime, max_segments=2)))),
    }


def test_the_front_matter_is_what_the_hub_reads() -> None:
    text = card(untrained("hrm"), [results_of()], "float32", "someone/name", "Apache-2.0")
    _, front, body = text.split("---\n", 2)
    values = yaml.safe_load(front)
    assert values["license"] == "apache-2.0"
    assert values["library_name"] == "hrm-lab"
    assert {"hrm", "sudoku", "arxiv:2506.21734"} <= set(values["tags"])
    assert values["metrics"] == ["accuracy", "exact_match"]
    assert 'from_pretrained("someone/name")' in body
    assert "hrm solve PUZZLE --model someone/name" in body


def test_the_scores_are_those_of_the_results_with_intervals() -> None:
    text = card(untrained("hrm"), [results_of()], "float32", "x")
    rows = [line for line in text.splitlines() if line.startswith("| held-out")]
    assert len(rows) == 4, "1 and 2 segments, until it halts, and until it is certain"
    assert rows[0] == "| held-out | 12 | 1 | 0.0 % [0.0, 24.2] | 0.0 % [0.0, 24.2] | " + rows[0].rsplit("| ", 1)[1]
    assert "not measured yet" in card(untrained("hrm"), [], "float32", "x")


def test_embeddings_are_counted_apart() -> None:
    loaded = untrained("hrm", positions="learned")
    counts = num_parameters(loaded.model)
    spec = loaded.task.spec
    assert counts["puzzles"] == spec.num_puzzles * 16
    assert counts["tokens"] == (spec.vocab_size + 1 + spec.seq_len) * 16
    assert sum(counts.values()) == sum(p.numel() for p in loaded.model.parameters())
    assert f"{counts['rest']:,} without embeddings" in card(loaded, [], "int8", "x")
    roles = untrained("equivariant").model.get_parameter("embedding.roles").numel()
    assert num_parameters(untrained("equivariant").model)["tokens"] == roles


def test_a_fresh_run_of_the_command_has_the_same_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    made = given(monkeypatch, "--seed 5 --architecture trm --model.hidden-size 64 --training.steps 7 --task.num-test 9")
    assert made.model.name == "trm"
    assert given(monkeypatch, command(made.to_dict()).removeprefix("hrm train sudoku-4x4")) == made
    for recipe in ("sudoku-4x4", "sudoku-demo"):
        own = RECIPES[recipe]()
        assert command(own.to_dict()) == f"hrm train {recipe} --seed {own.seed}"


def test_pairs_and_switches_come_back_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = given(monkeypatch, "--seed 1 --task.givens 6 8 --task.no-augment")
    assert given(monkeypatch, command(made.to_dict()).removeprefix("hrm train sudoku-4x4")) == made
    assert made != RECIPES["sudoku-4x4"]()


def given(monkeypatch: pytest.MonkeyPatch, args: str) -> RunConfig:
    """The configuration that ``hrm train sudoku-4x4 ARGS`` would train."""
    import hrm.cli.train as verb

    seen: list[RunConfig] = []

    class Done:
        signal = None
        is_finished = True

    def note(path: Path, config: RunConfig, *_more: Any) -> type[Done]:
        seen.append(config)
        return Done

    monkeypatch.setattr(verb, "train_in", note)
    assert verb.main(["sudoku-4x4", *shlex.split(args)]) == 0
    return seen[0]


def test_the_shipped_model_has_a_card_of_its_cost() -> None:
    text = card(load_model(BUILTIN / "sudoku"), [], "int8", "sudoku")
    assert "324,098 parameters, stored in int8: 322,690 without embeddings, 1,408 in token" in text
    assert "0.191 GFLOP of matrix products per segment and puzzle; 3.06 for 16 segments, the most" in text
    assert "num_train 2,000, num_test 1,000" in text


def test_the_command_of_an_old_run_turns_off_what_came_later() -> None:
    config = RECIPES["sudoku-demo-trm"]().to_dict()
    del config["training"]["early_max_segments"]
    config["training"] |= {"steps": 3200, "max_segments": 8}
    assert command(config).endswith("--training.steps 3200 --training.max-segments 8 --training.early-max-segments")
    config = RECIPES["sudoku-extreme-equivariant"]().to_dict()
    del config["training"]["corrupted_share"]
    assert "--training.corrupted-share 0.0" in command(config)


def test_a_card_shows_what_was_measured_of_these_weights_and_no_others(tmp_path: Path) -> None:
    loaded = untrained("hrm")._replace(path=tmp_path / "checkpoints" / "step_00000002")
    whole = {"checkpoint": "step_00000002", "data": "held-out", "limit": None, "solved": 0.5}
    for name, result in {
        "results.json": whole,
        "results-last.json": whole | {"solved": 0.4},
        "results-mine.json": whole | {"data": "mine.csv"},
        "results-first-3.json": whole | {"limit": 3},
        "results-step_1.json": whole | {"checkpoint": "step_00000001"},
    }.items():
        (tmp_path / name).write_text(json.dumps(result))
    assert read_results(loaded) == [whole, whole | {"data": "mine.csv"}]


def test_nobodys_weights_are_licensed_unasked() -> None:
    own = untrained("hrm")
    text = card(own, [], "float32", "x")
    assert "license:" not in text
    assert text.endswith("## Licence\n\nNot stated.\n")
    asked = card(own, [], "float32", "x", "cc-by-4.0")
    assert "\nlicense: cc-by-4.0\n" in asked
    assert asked.endswith("## Licence\n\ncc-by-4.0.\n")
    imported = own._replace(config={**own.config, "imported": {"file": "f", "source": "s"}})
    assert "\nlicense: other\n" in card(imported, [], "float32", "x")
    for bad in ("", "my licence", "mit\ntags: x"):
        with pytest.raises(InputError, match="give its short name"):
            card(own, [], "float32", "x", bad)


@pytest.mark.parametrize("name", ["sudoku", "sudoku-hrm", "maze"])
def test_the_models_of_the_package_keep_their_licence(name: str) -> None:
    text = card(load_model(BUILTIN / name), [], "int8", name)
    assert "\nlicense: apache-2.0\n" in text
    assert "## Licence\n\nApache-2.0." in text


def test_every_path_of_the_data_can_be_read() -> None:
    loaded = untrained("hrm")
    task = {**loaded.config["task"], "train": ["data/a/training", "/home/me/plain"], "test": "mine.csv"}
    text = card(loaded._replace(config={**loaded.config, "task": task}), [], "float32", "x")
    assert "train: `data/a/training`, `plain`; test: `mine.csv`" in text
    assert "/home" not in text


def test_nothing_is_claimed_of_puzzles_without_answers(tmp_path: Path) -> None:
    nobody = {"data": "tasks", "puzzles": 6, "with_answer": 0, "with_verdict": 0, "solved": None, "segments": [{}]}
    text = card(untrained("hrm"), [nobody], "float32", "x")
    assert "tasks: none of the 6 puzzles has a known answer" in text
    assert "| tasks" not in text
    assert "metrics:" not in text
    some = results_of() | {"puzzles": 14}
    text = card(untrained("hrm"), [some, nobody], "float32", "x")
    assert "held-out: 2 of 14 puzzles have no known answer and are not counted." in text
    assert "| held-out | 12 |" in text


def test_cards_read_files_and_tell_data_of_one_name_apart(tmp_path: Path) -> None:
    loaded = untrained("hrm")._replace(path=tmp_path)
    (tmp_path / "results-X_challenges.json").mkdir()
    for number, folder in enumerate(("a", "b")):
        about = {"checkpoint": tmp_path.name, "data": "mine.csv", "data_file": f"/x/{folder}/mine.csv"}
        (tmp_path / f"results-mine-{number}.json").write_text(json.dumps(results_of() | about))
    text = card(loaded, read_results(loaded), "float32", "x")
    assert "| a/mine.csv | 12 |" in text
    assert "| b/mine.csv | 12 |" in text
