"""Logs of Inspect, read: one of our tasks, as a row, and the puzzles that it is about."""

from __future__ import annotations

import importlib.util
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hrm.errors import InputError
from hrm.files import kind_of
from hrm.llm.questions import config_of, digest_of, judge_for
from hrm.llm.rows import PuzzleKind, Row
from hrm.llm.verdict import ENDINGS, Judge
from hrm.tasks import TaskConfig
from hrm.tasks.arc import ArcConfig
from hrm.tasks.gym import GymConfig

LOG_ENDINGS = (".eval", ".json")
SCORER = "by_rules"

Prices = Mapping[str, tuple[float, float]]
"""Model -> dollars for a million tokens that it reads, and that it writes."""


class Asked(NamedTuple):
    """A question of a log, and what an answer is judged by (``questions.Question``)."""

    question: str
    label: str
    task: Mapping[str, Any] = {}  # whose rules judge it (``Questions.task``)

    @property
    def judge(self) -> Judge:
        return judge_for(self.task, self.question, self.label)


class Log(NamedTuple):
    """A log."""

    row: Row
    questions: dict[str, Asked]  # by puzzle; none of ARC, whose puzzles are several questions each


def logs_of(place: str) -> list[Path]:
    """The log that ``place`` is, by its ending, or the logs of a folder; none: it names something else, a model."""
    path = Path(place).expanduser()
    if kind_of(path) == "folder":
        return sorted(path.glob("*.eval"))
    return [path] if path.suffix in LOG_ENDINGS else []


def read_log(path: Path, prices: Prices) -> Log:
    """A log of one of our tasks. Raises ``InputError`` for any other file."""
    log = _read(path)
    about = log.eval.metadata or {}
    if "task" not in about or "puzzles" not in about or not isinstance(about["task"], dict):
        raise InputError(f"{path}: a log of {log.eval.task}: only those of hrm_lab's tasks can be compared")
    epochs = log.eval.config.epochs or 1
    attempts = min(int(about.get("attempts", 1)), epochs)
    counting = [one for one in log.samples or [] if one.epoch <= attempts]
    samples = [one for one in counting if SCORER in (one.scores or {})]
    if not samples:
        raise InputError(f"{path}: no answer in this log was scored ({log.status}): there is nothing to compare")
    is_arc = about["task"].get("name") == ArcConfig.name
    outcomes = _outcomes(samples)
    asked = len(log.eval.dataset.sample_ids or {one.id for one in samples})  # with --limit not the whole data set
    answered = len({one.id for one in samples})
    notes = (
        [f"{path}: {answered:,} of {asked:,} puzzles were answered before it stopped"]
        if log.status != "success"
        else []
    )
    if log.status == "success" and (lost := len(counting) - len(samples)):
        what = "test inputs without one are not solved" if is_arc else "they are left out"
        notes.append(f"{path}: {lost:,} of {len(counting):,} answers have no score: {what}")
    endings = _kinds(samples)
    if set(endings) == {"failed"}:
        notes.append(f"{path}: the provider failed at every answer: this says nothing of the model")
    if epochs > attempts:
        counted = "first counts" if attempts == 1 else f"first {attempts} count"
        notes.append(f"{path}: {epochs} answers to each puzzle, of which the {counted}")
    row = Row(
        name=log.eval.model,
        source=str(path),
        kind=kind_of_task(config_of(about["task"], str(path))),
        solved=sum(outcomes.values()),
        puzzles=len(outcomes),
        outcomes=outcomes,
        digest=digest_of(outcomes),
        attempts=attempts,
        spent=sum(_usage(samples, "output_tokens").values()) / len(outcomes),
        unit="tokens",
        seconds=sum(one.working_time or one.total_time or 0.0 for one in samples) / len(outcomes),
        dollars=dollars(samples, prices),
        tools=str(about.get("tools", "none")),
        limits=limits(log),
        date=str(log.eval.created)[:10],
        kinds=endings,
        notes=tuple(notes),
    )
    known = {} if is_arc else {one.metadata["puzzle"]: _asked(one, about["task"]) for one in samples}
    return Log(row, known)


def kind_of_task(config: TaskConfig) -> PuzzleKind:
    """The kind of puzzle of a task's configuration."""
    match config:
        case ArcConfig():
            return PuzzleKind(name=config.name)
        case GymConfig(dataset=dataset, options=options):
            return PuzzleKind(name=config.name, dataset=" ".join((dataset, *sorted(options))))
    spec = config.build().spec
    return PuzzleKind(name=config.name, shape=spec.grid_shape, symbols="".join(spec.symbols))


def _read(path: Path) -> Any:
    if importlib.util.find_spec("inspect_ai") is None:
        raise InputError(f"{path}: logs are read with Inspect: pip install 'hrm-lab[llm]'")
    if kind_of(path) != "file":
        raise InputError(f"there is no file {path}")
    from inspect_ai.log import read_eval_log

    try:
        return read_eval_log(path, exclude_fields={"messages", "events", "store", "attachments"})
    except Exception as error:  # whatever it meets in a file that it did not write
        said = " ".join(str(error).split())
        raise InputError(f"{path} is no log of Inspect ({type(error).__name__}: {said:.80})") from error


def _outcomes(samples: Iterable[Any]) -> dict[str, bool]:
    """Solved or not by puzzle: each of its questions by any attempt. Those without an answer are not; logs of before do
    not tell of how many questions a puzzle is."""
    questions: dict[str, dict[Any, bool]] = defaultdict(dict)
    num: dict[str, int] = {}
    for one in samples:
        num[one.metadata["puzzle"]] = one.metadata.get("parts", 0)
        so_far = questions[one.metadata["puzzle"]]
        so_far[one.id] = so_far.get(one.id, False) or one.scores[SCORER].value == "C"
    return {puzzle: all(solved.values()) and len(solved) >= num[puzzle] for puzzle, solved in questions.items()}


def _kinds(samples: Iterable[Any]) -> dict[str, int]:
    found = Counter((one.scores[SCORER].metadata or {}).get("kind") for one in samples)
    return {kind: found[kind] for kind in ENDINGS if found[kind]}


def _asked(sample: Any, task: Mapping[str, Any]) -> Asked:
    target = sample.target if isinstance(sample.target, str) else "\n".join(sample.target)
    return Asked(sample.metadata["question"], target, task)


def _usage(samples: Iterable[Any], what: str) -> Counter[str]:
    used: Counter[str] = Counter()
    for one in samples:
        for model, usage in one.model_usage.items():
            used[model] += getattr(usage, what) or 0
    return used


def dollars(samples: list[Any], prices: Prices) -> float | None:
    """Cost of the answers: as the log has it, or else by the prices that a person gave; None where neither knows."""
    known = [usage.total_cost for one in samples for usage in one.model_usage.values()]
    if known and all(cost is not None for cost in known):
        return float(sum(known))
    read, wrote = _usage(samples, "input_tokens"), _usage(samples, "output_tokens")
    cached = _usage(samples, "input_tokens_cache_read") + _usage(samples, "input_tokens_cache_write")
    if not read or not all(model in prices for model in read):
        return None
    return sum((prices[m][0] * (read[m] + cached[m]) + prices[m][1] * wrote[m]) / 1e6 for m in read)


LIMITS = {
    "token_limit": "{:,} tokens",
    "message_limit": "{:,} messages",
    "turn_limit": "{:,} turns",
    "time_limit": "{:,} s",
    "working_limit": "{:,} s of work",
    "cost_limit": "$ {}",
}
SETTINGS = {"max_tokens": "{:,} tokens a reply", "reasoning_effort": "effort {}", "reasoning_tokens": "{:,} to reason"}


def limits(log: Any) -> str:
    """The limits of an answer, and how much thinking was asked for."""
    found = [words.format(value) for name, words in LIMITS.items() if (value := getattr(log.eval.config, name, None))]
    given = log.eval.model_generate_config
    plan = log.plan.config
    for name, words in SETTINGS.items():
        value = getattr(plan, name, None) or getattr(given, name, None)
        if value:
            found.append(words.format(value))
    return ", ".join(found)
