"""The verdict of ``hrm.llm`` as a scorer of Inspect, and what is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from inspect_ai.model import ModelOutput
from inspect_ai.scorer import (
    CORRECT,
    INCORRECT,
    Metric,
    SampleScore,
    Score,
    Scorer,
    Target,
    accuracy,
    metric,
    scorer,
    value_to_float,
)
from inspect_ai.solver import TaskState
from inspect_ai.util import sample_limits

from hrm.intervals import wilson_interval
from hrm.llm.questions import judge_for
from hrm.llm.verdict import ENDINGS, Ending, judge_reply


@metric  # type: ignore[untyped-decorator, unused-ignore]
def kinds() -> Metric:
    """Numbers of replies by how they ended: all of them are counted, none is left out."""

    def count(scores: list[SampleScore]) -> dict[str, int]:
        found = Counter((one.score.metadata or {}).get("kind") for one in scores)
        return {kind: found[kind] for kind in ENDINGS if found[kind]}

    return count


@metric  # type: ignore[untyped-decorator, unused-ignore]
def tasks_solved() -> Metric:
    """Share of ARC tasks whose test inputs are all solved (``all_test_inputs`` of ``hrm eval``)."""

    def share(scores: list[SampleScore]) -> float:
        tasks = _by_task(scores)
        return sum(all(one) for one in tasks) / max(1, len(tasks))

    return share


@metric  # type: ignore[untyped-decorator, unused-ignore]
def mean_of_tasks() -> Metric:
    """Mean over ARC tasks of the share of their test inputs that is solved (``mean_over_test_inputs``)."""

    def mean(scores: list[SampleScore]) -> float:
        tasks = _by_task(scores)
        return sum(sum(one) / len(one) for one in tasks) / max(1, len(tasks))

    return mean


def _by_task(scores: list[SampleScore]) -> list[list[bool]]:
    found: dict[str, list[bool]] = defaultdict(list)
    number = value_to_float()  # of C and I, and of what they became when attempts were taken together
    for one in scores:
        found[str((one.sample_metadata or {}).get("puzzle"))].append(number(one.score.value) == 1)
    return [*found.values()]


@metric  # type: ignore[untyped-decorator, unused-ignore]
def interval() -> Metric:
    """95 % interval of the share of puzzles that are solved; of ARC, of tasks."""

    def ends(scores: list[SampleScore]) -> dict[str, float]:
        solved = [all(one) for one in _by_task(scores)]
        low, high = wilson_interval(sum(solved), len(solved))
        return {"from": low, "to": high}

    return ends


@scorer(metrics=[accuracy(), interval(), kinds()])  # type: ignore[untyped-decorator, unused-ignore]
def by_rules(puzzle: dict[str, Any]) -> Scorer:
    """Judgement by the rules of the puzzle, or by the label where it has none. puzzle: ``Questions.task``."""

    async def score(state: TaskState, target: Target) -> Score:
        judge = judge_for(puzzle, state.metadata["question"], target.text)
        ended, why = how_it_ended(state.output)
        verdict = judge_reply(state.output.completion, judge, ended, why)
        return Score(
            value=CORRECT if verdict.solved else INCORRECT,
            answer=verdict.answer,
            explanation=f"{verdict.kind}: {verdict.why}",
            metadata={"kind": verdict.kind},
        )

    return score


def how_it_ended(output: ModelOutput) -> tuple[Ending | None, str]:
    """The kind of end that a reply was brought to, and why; None for one that ended of its own accord."""
    stop = output.stop_reason if output.choices else "none"
    if stop in ("max_tokens", "model_length"):
        return "too long", "cut off at the limit of tokens"
    if stop == "content_filter":
        return "refused", "stopped by the provider's filter"
    limits = sample_limits()
    for name, limit in (("time", limits.time), ("working time", limits.working)):
        if limit.limit is not None and limit.usage >= limit.limit:
            return "out of time", f"no answer within the {name} limit of {limit.limit:g} s"
    for name, limit in (("tokens", limits.token), ("messages", limits.message), ("cost", limits.cost)):
        if limit.limit is not None and limit.usage >= limit.limit:
            return "too long", f"at the limit of {limit.limit:g} {name}"
    if not output.choices or output.error:
        return "failed", output.error or "the provider gave no reply"
    return None, ""
