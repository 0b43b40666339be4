from __future__ import annotations

import datetime
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from inspected import ENDINGS, evaluated, needs_inspect, quiet

from hrm.errors import InputError
from hrm.llm.logs import dollars, kind_of_task, limits, logs_of, read_log
from hrm.llm.questions import questions_of
from hrm.recipes import RECIPES
from hrm.tasks.arc import ArcConfig
from hrm.tasks.gym import GymConfig
from hrm.tasks.sudoku import SudokuConfig


def test_a_log_is_a_row_with_its_puzzles(log_4x4: Path) -> None:
    found = questions_of(RECIPES["sudoku-4x4"]().task, limit=20)
    row, questions = read_log(log_4x4, {})
    assert questions == {one.puzzle: (one.question, one.label, found.task) for one in found.all}
    assert row.digest == found.digest
    wanted = [ENDINGS[number % len(ENDINGS)][0] for number in range(20)]
    assert row.outcomes == {one.puzzle: kind == "solved" for one, kind in zip(found.all, wanted, strict=True)}
    assert (row.solved, row.puzzles, row.attempts) == (wanted.count("solved"), 20, 1)
    assert dict(row.kinds) == {kind: wanted.count(kind) for kind, _ in ENDINGS}
    assert row.name == "openai-api/local/parrot"
    assert row.unit == "tokens"
    assert row.spent is not None
    assert 0 < row.spent < 20
    assert row.seconds is not None
    assert row.seconds > 0.2  # two of the twenty waited for five seconds
    assert row.limits == "5 s"
    assert row.tools == "none"
    assert row.date == datetime.datetime.now(datetime.UTC).date().isoformat()
    assert row.dollars is None
    assert row.notes == ()


def test_a_price_makes_dollars_of_tokens(log_4x4: Path) -> None:
    row = read_log(log_4x4, {"openai-api/local/parrot": (1.0, 0.0)}).row
    more = read_log(log_4x4, {"openai-api/local/parrot": (1.0, 1e6)}).row
    assert row.dollars is not None
    assert more.dollars is not None
    assert row.spent is not None
    assert more.dollars - row.dollars == pytest.approx(20 * row.spent)
    assert read_log(log_4x4, {"another": (1.0, 1.0)}).row.dollars is None


def test_costs_in_the_log_come_before_prices() -> None:
    usage = SimpleNamespace(total_cost=0.25, input_tokens=10, output_tokens=10)
    samples: list[Any] = [SimpleNamespace(model_usage={"m": usage})] * 2
    assert dollars(samples, {"m": (1.0, 1.0)}) == 0.5


def test_logs_as_json_are_read_too(log_4x4: Path, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log, write_eval_log

    with quiet():
        log = read_eval_log(str(log_4x4))
        write_eval_log(log, str(tmp_path / "log.json"))
    assert read_log(tmp_path / "log.json", {}).row.outcomes == read_log(log_4x4, {}).row.outcomes
    log.status, log.samples = "cancelled", [sample for sample in log.samples or [] if sample.id != 7]
    with quiet():
        write_eval_log(log, str(tmp_path / "stopped.json"))
    stopped = read_log(tmp_path / "stopped.json", {}).row
    assert stopped.puzzles == 19
    assert stopped.notes == (f"{tmp_path}/stopped.json: 19 of 20 puzzles were answered before it stopped",)
    log.samples = []
    with quiet():
        write_eval_log(log, str(tmp_path / "empty.json"))
    with pytest.raises(InputError, match="no answer in this log was scored"):
        read_log(tmp_path / "empty.json", {})


def test_attempts_at_arc_are_taken_together(tmp_path: Path) -> None:
    needs_inspect()
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    from hrm_lab.tasks import arc

    task = {
        "train": [{"input": [[1]], "output": [[2]]}],
        "test": [{"input": [[3]], "output": [[4]]}, {"input": [[5]], "output": [[6]]}],
    }
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps(task))
    # of the first input and the second, of both tasks; answers of the first epoch, then of the second
    replies = {"[[3]]": ["4", "no", "4", "no"], "[[5]]": ["no", "6", "no", "no"]}

    def answer(asked: list[Any], *_: object) -> Any:
        question = asked[-1].text.rpartition("\n")[2]
        output = ModelOutput.from_content("mockllm", f"<answer>[[{replies[question].pop(0)}]]</answer>")
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    model = get_model("mockllm/model", custom_outputs=answer, memoize=False)
    log = evaluated(arc(data=str(tmp_path)), model, tmp_path / "logs", max_samples=1)
    row, questions = read_log(Path(log.location), {})
    assert questions == {}
    assert row.attempts == 2
    assert row.outcomes is not None
    assert set(row.outcomes) == {"one", "two"}
    assert row.solved == round(log.results.scores[0].metrics["tasks_solved"].value * 2)
    assert row.spent == 4  # a token for each of two attempts at each of two test inputs


def test_of_a_stopped_log_a_task_with_part_of_its_test_inputs_is_not_solved(tmp_path: Path) -> None:
    needs_inspect()
    from inspect_ai.log import read_eval_log, write_eval_log
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    from hrm_lab.tasks import arc

    task = {
        "train": [{"input": [[1]], "output": [[2]]}],
        "test": [{"input": [[3]], "output": [[4]]}, {"input": [[5]], "output": [[4]]}],
    }
    for name in ("one", "two"):
        (tmp_path / f"{name}.json").write_text(json.dumps(task))

    def answer(*_: object) -> Any:
        output = ModelOutput.from_content("mockllm", "<answer>[[4]]</answer>")
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    model = get_model("mockllm/model", custom_outputs=answer, memoize=False)
    log = evaluated(arc(data=str(tmp_path)), model, tmp_path / "logs", max_samples=1)
    assert read_log(Path(log.location), {}).row.outcomes == {"one": True, "two": True}
    with quiet():
        log = read_eval_log(log.location)
        for one in log.samples or []:
            one.scores = None if one.id == 4 else one.scores
        write_eval_log(log, str(tmp_path / "unscored.json"))
        log.status, log.samples = "cancelled", [one for one in log.samples or [] if one.id != 4]
        write_eval_log(log, str(tmp_path / "stopped.json"))
        for one in log.samples:
            one.metadata.pop("parts", None)
        write_eval_log(log, str(tmp_path / "before.json"))
    assert read_log(tmp_path / "stopped.json", {}).row.outcomes == {"one": True, "two": False}
    unscored = read_log(tmp_path / "unscored.json", {}).row
    assert unscored.outcomes == {"one": True, "two": False}
    assert unscored.notes[0].endswith("2 of 8 answers have no score: test inputs without one are not solved")
    assert read_log(tmp_path / "before.json", {}).row.outcomes == {"one": True, "two": True}


def test_answers_without_a_score_are_told(log_4x4: Path, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log, write_eval_log

    with quiet():
        log = read_eval_log(str(log_4x4))
        for one in (log.samples or [])[:3]:
            one.scores = None
        write_eval_log(log, str(tmp_path / "some.json"))
    row = read_log(tmp_path / "some.json", {}).row
    assert row.puzzles == 17
    assert row.notes == (f"{tmp_path}/some.json: 3 of 20 answers have no score: they are left out",)


def test_answers_beyond_the_attempts_do_not_count(log_4x4: Path, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log, write_eval_log

    with quiet():
        log = read_eval_log(str(log_4x4))
        again = [one.model_copy(update={"epoch": 2}, deep=True) for one in log.samples or []]
        for one in again:
            assert one.scores
            one.scores["by_rules"].value = "C"
        log.samples = [*(log.samples or []), *again]
        log.eval.config.epochs = 2
        write_eval_log(log, str(tmp_path / "twice.json"))
        assert log.eval.metadata is not None
        log.eval.metadata["attempts"] = 2
        write_eval_log(log, str(tmp_path / "attempts.json"))
        log.eval.config.epochs, log.samples = 1, log.samples[:20]
        write_eval_log(log, str(tmp_path / "once.json"))
    twice, attempts, once = (read_log(tmp_path / f"{name}.json", {}).row for name in ("twice", "attempts", "once"))
    assert twice.outcomes == once.outcomes == read_log(log_4x4, {}).row.outcomes
    assert twice.notes == (f"{tmp_path}/twice.json: 2 answers to each puzzle, of which the first counts",)
    assert (twice.attempts, attempts.attempts, once.attempts) == (1, 2, 1)
    assert attempts.solved == 20


def test_a_log_of_another_task_is_refused(tmp_path: Path) -> None:
    needs_inspect()
    from inspect_ai import Task
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes

    output = ModelOutput.from_content("mockllm", "4")
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    model = get_model("mockllm/model", custom_outputs=[output], memoize=False)
    task = Task(dataset=[Sample(input="2 + 2", target="4")], scorer=includes(), name="sums")
    log = evaluated(task, model, tmp_path)
    with pytest.raises(InputError, match="a log of sums: only those of hrm_lab's tasks can be compared"):
        read_log(Path(log.location), {})


@pytest.mark.parametrize("content", [b"", b"a text", b"{}", b"[1]", b'{"version": 2}', b"PK\x03\x04", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["x.eval", "x.json"])
def test_a_file_that_is_no_log_is_refused(content: bytes, name: str, tmp_path: Path) -> None:
    needs_inspect()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name} is no log of Inspect") as caught:
        read_log(tmp_path / name, {})
    assert "\n" not in str(caught.value)


def test_a_log_that_is_not_there(tmp_path: Path) -> None:
    needs_inspect()
    with pytest.raises(InputError, match="there is no file"):
        read_log(tmp_path / "none.eval", {})


def test_without_inspect_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "inspect_ai", None)
    with pytest.raises(InputError, match=r"pip install 'hrm-lab\[llm\]'"):
        read_log(tmp_path / "none.eval", {})


def test_logs_are_told_from_models_by_their_names(tmp_path: Path) -> None:
    assert logs_of("sudoku") == []
    assert logs_of("a/b.eval") == [Path("a/b.eval")]
    assert logs_of(str(tmp_path)) == []
    (tmp_path / "b.eval").touch()
    (tmp_path / "a.eval").touch()
    (tmp_path / "results.json").touch()
    assert logs_of(str(tmp_path)) == [tmp_path / "a.eval", tmp_path / "b.eval"]


def test_the_kind_of_puzzle_is_that_of_its_boards() -> None:
    assert str(kind_of_task(SudokuConfig(size=4))) == "sudoku 4 x 4"
    assert str(kind_of_task(ArcConfig())) == "arc"


def test_data_sets_of_reasoning_gym_are_kinds_of_their_own_and_ask_for_no_library() -> None:
    kind = kind_of_task(GymConfig(dataset="gcd", options=("max_value=9", "min_numbers=3")))
    assert str(kind) == "reasoning-gym gcd max_value=9 min_numbers=3"
    assert kind == kind_of_task(GymConfig(dataset="gcd", options=("min_numbers=3", "max_value=9"), data_seed=1))
    assert kind != kind_of_task(GymConfig(dataset="gcd"))


def test_limits_are_told_in_words() -> None:
    config = SimpleNamespace(time_limit=3600, token_limit=20_000, message_limit=None)
    plan = SimpleNamespace(config=SimpleNamespace(max_tokens=4096, reasoning_effort="high"))
    log = SimpleNamespace(eval=SimpleNamespace(config=config, model_generate_config=SimpleNamespace()), plan=plan)
    assert limits(log) == "20,000 tokens, 3,600 s, 4,096 tokens a reply, effort high"
