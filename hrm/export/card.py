"""The model card: ``README.md`` of a model folder. Every figure in it is computed from the run or counted."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hrm.config import to_dict
from hrm.errors import InputError
from hrm.evaluation.table import labelled_rows, not_counted
from hrm.files import read_json
from hrm.intervals import percent, with_interval
from hrm.models import MODELS, same_size_as
from hrm.models.cost import num_parameters, segment_flops
from hrm.recipes import RECIPES
from hrm.store.folder import LoadedModel, trained_segments
from hrm.store.hub import LIBRARY
from hrm.store.locate import BUILTIN, CHECKPOINT, run_of, step_of
from hrm.tasks import TASKS
from hrm.training.settings import TrainingConfig

PAPERS = {"hrm": "2506.21734", "trm": "2510.04871", "urm": "2512.14693", "equivariant": "2603.02193"}
"""arXiv numbers, for tags that the hub turns into links."""


OWN_LICENCE = "apache-2.0"
"""Of the package and the models in it."""


def card(
    loaded: LoadedModel, results: list[dict[str, Any]], precision: str, name: str, licence: str | None = None
) -> str:
    """The card of a model that is (or will be) found as ``name``: by which command, seed and machine it was made, on
    what data, what it scores, how large it is, what it costs, how to use it.

    licence: of the weights, as the hub calls it; nobody's weights have one that they were not given. Raises
    ``InputError``."""
    config = loaded.config
    licence = licence_of(loaded, licence)
    recipe = "imported" if "imported" in config else config.get("recipe", "?")
    model, task = config["model"]["name"], config["task"]["name"]
    return (
        "\n".join(
            [
                front_matter(config, results, licence),
                f"# {recipe}: {model} for {task}",
                "",
                *_made_by(loaded),
                *_data(config, step_of(loaded.path) if CHECKPOINT.fullmatch(loaded.path.name) else None),
                *_scores(results, precision),
                *_size(loaded, precision),
                *_limits(loaded, results),
                *_use(name),
                *_licence(config, licence),
            ]
        )
        + "\n"
    )


def read_results(loaded: LoadedModel) -> list[dict[str, Any]]:
    """Every ``results*.json`` that ``hrm eval`` left in the run for this very checkpoint and all puzzles of its data,
    one for each data."""
    results = [read_json(file) for file in sorted(run_of(loaded).glob("results*.json")) if file.is_file()]
    whole = [r for r in results if r.get("checkpoint") == loaded.path.name and r.get("limit") is None]
    return list({(str(result.get("data")), result.get("data_file")): result for result in whole}.values())


def licence_of(loaded: LoadedModel, licence: str | None) -> str | None:
    """The licence that the card states: what was asked for, that of the package for the models in it, else none."""
    if licence is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.+-]*", licence):
        raise InputError(f"licence is {licence!r}: give its short name as the hub has it, such as apache-2.0 or mit")
    if licence is None and loaded.path.is_relative_to(BUILTIN):
        return OWN_LICENCE
    return None if licence is None else licence.lower()


def front_matter(config: Mapping[str, Any], results: list[dict[str, Any]], licence: str | None = None) -> str:
    """YAML for the hub, between two lines of dashes. There is no pipeline of the hub's that solves puzzles."""
    model, task = config["model"]["name"], config["task"]["name"]
    tags = [LIBRARY, model, task, "puzzle-solving", "reasoning", "recurrent", "latent-reasoning"]
    tags += [f"arxiv:{PAPERS[model]}"] if model in PAPERS else []
    stated = licence or ("other" if "imported" in config else None)
    lines = ["---", *([f"license: {stated}"] if stated else []), f"library_name: {LIBRARY}"]
    lines += ["tags:", *(f"- {tag}" for tag in tags)]
    lines += ["metrics:", "- accuracy", "- exact_match"] if any(map(is_measured, results)) else []
    return "\n".join([*lines, "---", ""])


def command(config: Mapping[str, Any]) -> str:
    """The command line that trains this very configuration, as far as its recipe is known."""
    recipe = config.get("recipe", "?")
    words = ["hrm", "train", str(recipe)]
    start = ["--init", str(config["init"])] if config.get("init") else []
    if recipe not in RECIPES:
        return shlex.join([*words, "--seed", str(config.get("seed", 0)), *start])
    own = RECIPES[recipe]()
    defaults = own.to_dict()
    model = config["model"]["name"]
    if model != own.model.name and model in MODELS:
        words += ["--architecture", model]
        defaults["model"] = to_dict(same_size_as(own.model, model))
    words += ["--seed", str(config.get("seed", 0)), *start]
    for section in ("task", "model", "training"):
        words += _flags(defaults[section], _complete(section, config.get(section, {})), f"--{section}.")
    return shlex.join(words)


def _complete(section: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """A section with the settings that came after it was written: the defaults are what it was trained with."""
    kinds: dict[str, Any] = {"training": TrainingConfig, "model": MODELS.get(values.get("name", ""))}
    kinds["task"] = TASKS.get(values.get("name", ""))
    return {**to_dict(kinds[section]()), **values} if values and kinds[section] else values


def _flags(defaults: Mapping[str, Any], own: Mapping[str, Any], prefix: str) -> Iterator[str]:
    """Words that turn one configuration into another: ``--training.steps``, ``60``. What is missing is as it was."""
    for key, value in own.items():
        if key == "name" or key not in defaults or defaults[key] == value:
            continue
        flag = prefix + key.replace("_", "-")
        if isinstance(value, dict) and isinstance(defaults[key], dict):
            yield from _flags(defaults[key], value, f"{flag}.")
        elif isinstance(value, bool):
            yield flag if value else f"{prefix}no-{key.replace('_', '-')}"
        elif isinstance(value, list | tuple):
            yield from (flag, *map(str, value))
        else:
            yield from (flag, str(value))


def _made_by(loaded: LoadedModel) -> list[str]:
    config, made_with = loaded.config, loaded.config.get("made_with", {})
    begun = config.get("init")
    if imported := config.get("imported"):
        return [
            f"The weights of `{imported['file']}` of `{imported['source']}`, a checkpoint of the published code; they "
            "are their authors', and so is the licence.",
            "",
        ]
    return [
        f"Made by, with seed {config.get('seed', 0)} (weights, order of the puzzles, augmentation, exploration):",
        *([f"It began with the weights of `{config['init']}`, whose training comes on top."] if begun else []),
        "",
        f"```\n{command(config)}\n```",
        "",
        f"on: {made_with.get('processor', 'unknown processor')}, {made_with.get('threads', '?')} threads, "
        f"torch {made_with.get('torch', '?')}; weights of {loaded.path.name}. One run; `config.json` has all settings.",
        "",
    ]


def _data(config: Mapping[str, Any], step: int | None) -> list[str]:
    task = config["task"]
    named = {
        key: value for key, value in task.items() if key in ("train", "test", "data", "eval_data", "folder") and value
    }
    made = "a folder in the published format" if task["name"] == "published" else "generated by the task"
    source = "; ".join(f"{key}: {_paths(value)}" for key, value in named.items()) or made
    sizes = ", ".join(f"{key} {value:,}" for key, value in task.items() if key.startswith("num_") and value)
    training = config.get("training", {})
    seen = training.get("steps", 0) * training.get("batch_size", 0)
    lines = ["## Data", "", f"Task `{task['name']}`; {source}{f'; {sizes}' if sizes else ''}."]
    if "data_seed" in task:
        lines.append(f"Seed of the data: {task['data_seed']}.")
    if seen:
        reached = "" if step is None or step >= training["steps"] else f"{step:,} of "
        lines.append(f"Training: {reached}{training['steps']:,} steps of {training['batch_size']:,} puzzles.")
    return [*lines, ""]


def _paths(value: str | list[str]) -> str:
    """Every path readable: as it was given, but no more than the name of one that tells where a person's home is."""
    paths = [Path(path) for path in ([value] if isinstance(value, str) else value)]
    return ", ".join(f"`{path.name if path.is_absolute() else path.as_posix()}`" for path in paths)


def is_measured(result: Mapping[str, Any]) -> bool:
    """True where ``results.json`` tells what is solved: some puzzle had rules or a known answer."""
    return result.get("solved") is not None


def _scores(results: list[dict[str, Any]], precision: str) -> list[str]:
    if not results:
        return ["## Scores", "", "This checkpoint was not measured yet: `hrm eval` writes what they come from.", ""]
    lines = [
        "## Scores",
        "",
        "| puzzles | number | segments | solved [95 %] | equal to the label [95 %] | cells right |",
        "|---|---|---|---|---|---|",
    ]
    names = [str(result["data"]) for result in results]
    notes = []
    for result, name in zip(results, names, strict=True):
        if names.count(name) > 1 and result.get("data_file"):
            name = f"{Path(result['data_file']).parent.name}/{name}"
        for segments, row in labelled_rows(result) if is_measured(result) else ():
            both = [with_interval(row[key], row[f"{key}_95"]) for key in ("solved", "exact")]
            num = f"{result.get('with_verdict', result['puzzles']):,}"
            lines.append(f"| {' | '.join([name, num, segments, *both, percent(row['cells'])])} |")
        if note := not_counted(result):
            notes.append(f"{name}: {note}.")
    if not any(map(is_measured, results)):
        return [*lines[:2], *notes, ""]
    lines += ["", *notes, "Intervals: Wilson, over puzzles; another seed of training may lie outside."]
    if precision != "float32":
        lines.append(
            f"Measured before the weights were stored in {precision}; `hrm eval` on this folder measures them so."
        )
    return [*lines, ""]


def _size(loaded: LoadedModel, precision: str) -> list[str]:
    counts = num_parameters(loaded.model)
    spec, config = loaded.task.spec, loaded.config
    flops = segment_flops(lambda _: copy.deepcopy(loaded.model), spec, 1)
    segments = trained_segments(config)
    return [
        "## Size and cost",
        "",
        f"{sum(counts.values()):,} parameters, stored in {precision}: {counts['rest']:,} without embeddings, "
        f"{counts['tokens']:,} in token and position embeddings, {counts['puzzles']:,} in puzzle embeddings "
        f"({spec.num_puzzles:,} puzzle ids).",
        "",
        f"{flops / 1e9:.3g} GFLOP of matrix products per segment and puzzle; {flops * segments / 1e9:.3g} for "
        f"{segments} segments, the most in training, to which thinking longer or several attempts add in proportion.",
        "",
    ]


def _limits(loaded: LoadedModel, results: list[dict[str, Any]]) -> list[str]:
    spec = loaded.task.spec
    rows, columns = spec.grid_shape
    lines = [
        f"- Boards of {rows} x {columns} with {spec.vocab_size} tokens, nothing else: another size is another model."
    ]
    if loaded.task.rules is not None:
        lines.append("- An answer may be wrong. `solved` is a check by the rules of the puzzle, never by the model.")
    else:
        lines.append("- An answer may be wrong, and this task has no rules by which it could be checked.")
    if spec.num_puzzles > 1:
        lines.append(f"- It knows its {spec.num_puzzles:,} puzzle ids; others have no trained embedding.")
    if any(map(is_measured, results)):
        lines.append("- The scores hold for puzzles like those in the table; harder ones were not measured.")
    return ["## Limits", "", *lines, ""]


def _licence(config: Mapping[str, Any], licence: str | None) -> list[str]:
    unknown = "That of the published weights; ask their authors." if "imported" in config else "Not stated."
    named = "Apache-2.0." if licence == OWN_LICENCE else f"{licence}."
    return ["## Licence", "", unknown if licence is None else named]


def _use(name: str) -> list[str]:
    return [
        "## Use",
        "",
        "`pip install hrm-lab` (with the extra `hub` to fetch it by its name on the hub), then",
        "",
        f'```python\nimport hrm\n\nmodel = hrm.PuzzleModel.from_pretrained("{name}")\n'
        "print(model.solve(puzzle)[0].solution)\n```",
        "",
        f"```\nhrm solve PUZZLE --model {name}\nhrm eval {name} --out results.json\n```",
        "",
    ]
