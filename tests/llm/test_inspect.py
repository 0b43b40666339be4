"""The tasks as Inspect runs them: its own engine, a server on this machine in the place of a provider."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from inspected import ENDINGS, by_turns, evaluated, needs_entry_point, needs_inspect, quiet, run
from llm_server import LanguageModel, Reply, language_model

needs_inspect()

import inspect_ai  # noqa: E402  (skipped without it)
from inspect_ai.log import read_eval_log  # noqa: E402
from inspect_ai.model import ModelOutput, ModelUsage, get_model  # noqa: E402

from hrm.llm.logs import read_log  # noqa: E402
from hrm_lab import tasks  # noqa: E402

QUIET = {**os.environ, "INSPECT_DISPLAY": "none", "PYTHONUNBUFFERED": "1"}


def kinds_of(log: Any) -> list[str]:
    return [sample.scores["by_rules"].metadata["kind"] for sample in sorted(log.samples, key=lambda one: one.id)]


def inspect(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The program ``inspect``, in a process of its own."""
    command = [sys.executable, "-m", "inspect_ai", *args]
    environment = {**QUIET, **options.pop("env", {})}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **options)


def test_every_answer_is_scored(log_4x4: Path) -> None:
    log = read_eval_log(str(log_4x4))
    assert log.status == "success"
    wanted = [ENDINGS[number % len(ENDINGS)][0] for number in range(20)]
    assert kinds_of(log) == wanted
    solved = wanted.count("solved")
    figures = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    assert figures.pop("accuracy") == solved / 20
    assert figures.pop("from") < solved / 20 < figures.pop("to")
    assert figures == Counter(wanted)
    values = [sample.scores["by_rules"].value for sample in sorted(log.samples, key=lambda one: one.id)]
    assert values == ["C" if kind == "solved" else "I" for kind in wanted]
    late = next(sample for sample in log.samples if kinds_of(log)[sample.id - 1] == "out of time")
    assert late.scores["by_rules"].explanation == "out of time: no answer within the time limit of 5 s"


def test_a_sudoku_with_its_givens_changed_is_wrong_though_it_is_a_sudoku(tmp_path: Path) -> None:
    task = tasks.sudoku_4x4(limit=1)
    (sample,) = task.dataset
    turned = sample.target.translate(str.maketrans("1234", "2341"))
    log = run(task, lambda _: Reply(f"<answer>{turned}</answer>"), tmp_path)
    (score,) = (sample.scores["by_rules"] for sample in log.samples)
    assert score.value == "I"
    assert "where the puzzle has" in score.explanation


def test_another_shortest_path_than_the_label_is_right(tmp_path: Path) -> None:
    mazes = tmp_path / "mazes.csv"
    question, label = "S" + " " * 23 + "G", "Soooo    o    o    o    G"
    mazes.write_text(f"question,answer\n{question},{label}\n")
    from hrm.llm.questions import questions_of
    from hrm.tasks.maze import MazeConfig

    found = questions_of(MazeConfig(size=5), data=mazes, examples=0)
    other = "S....\no....\no....\no....\nooooG"
    assert other != found.all[0].label
    from hrm.llm.questions import judge_for

    judge = judge_for(found.task, found.all[0].question, found.all[0].label)
    assert judge(other).solved
    assert not judge(other.replace("oooo", "ooo.")).solved


def answers(replies: list[str]) -> Any:
    """Inspect's mock, which counts no tokens where they are given."""
    outputs = []
    for text in replies:
        output = ModelOutput.from_content("mockllm", text)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        outputs.append(output)
    return get_model("mockllm/model", custom_outputs=outputs, memoize=False)


def arc_file(tmp_path: Path) -> Path:
    pairs = [{"input": [[1, 2]], "output": [[2, 1]]}, {"input": [[3, 4]], "output": [[4, 3]]}]
    tests = [{"input": [[5, 6]], "output": [[6, 5]]}, {"input": [[7, 8]], "output": [[8, 7]]}]
    file = tmp_path / "turned.json"
    file.write_text(json.dumps({"train": pairs, "test": tests}))
    return file


@pytest.mark.parametrize(
    ("replies", "tasks_solved", "mean"),
    [
        (["no", "[[6,5]]", "[[8,7]]", "no"], 1.0, 1.0),  # each test input in one of two attempts
        (["no", "no", "[[8,7]]", "[[8,7]]"], 0.0, 0.5),
        (["[[5,6]]", "[[6],[5]]", "[[8,7]]", "8 7"], 0.0, 0.5),
    ],
)
def test_an_arc_task_counts_when_all_its_test_inputs_are_solved_in_two_attempts(
    replies: list[str], tasks_solved: float, mean: float, tmp_path: Path
) -> None:
    task = tasks.arc(data=str(arc_file(tmp_path)))
    by_input: dict[str, list[str]] = {
        sample.input: list(two) for sample, two in zip(task.dataset, (replies[:2], replies[2:]), strict=True)
    }

    def reply(prompt: str) -> Reply:
        return Reply(f"<answer>{by_input[prompt].pop()}</answer>")

    log = run(task, reply, tmp_path)
    figures = {name: metric.value for name, metric in log.results.scores[0].metrics.items()}
    assert len(log.samples) == 4  # two test inputs, two attempts
    assert figures["tasks_solved"] == tasks_solved
    assert figures["mean_of_tasks"] == mean


def test_pairs_of_your_own_are_asked_with_the_rule_and_examples(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    lines = [{"input": f"{a}{b}", "output": f"{b}{a}"} for a in "abcde" for b in "abcde"]
    pairs.write_text("\n".join(json.dumps({key: [text] for key, text in line.items()}) for line in lines))
    task = tasks.grid(data=str(pairs), rule="Swap the two letters.", examples=2)
    assert len(task.dataset) == 2
    sample = task.dataset[0]
    assert sample.input.startswith("Swap the two letters.")
    assert sample.input.count("<answer>\n") == 2
    model = answers([f"<answer>{sample.target}</answer>", "<answer>ab</answer>"])
    log = evaluated(task, model, tmp_path, max_samples=1)
    assert kinds_of(log) == ["solved", "wrong"]


def test_families_are_asked_at_the_size_that_is_given(tmp_path: Path) -> None:
    task = tasks.queens(limit=3, size=6)
    log = run(task, by_turns([*task.dataset], [reply for _, reply in ENDINGS[:1]]), tmp_path)
    assert kinds_of(log) == ["solved"] * 3
    assert log.samples[0].input.startswith("A chess board of 6 x 6 cells")
    whole = tasks.hitori().dataset
    assert [one.input for one in tasks.hitori(limit=2).dataset] == [one.input for one in whole][:2]


def test_questions_of_reasoning_gym_are_scored_by_its_scorer(tmp_path: Path) -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is the extra 'gym': pip install 'hrm-lab[gym]'")
    task = tasks.reasoning_gym(dataset="gcd", options="min_numbers=2, max_numbers=2", limit=3)
    samples = [*task.dataset]
    model = answers([f"<answer>{samples[0].target}</answer>", "<answer>-1</answer>", "The answer is 1."])
    log = evaluated(task, model, tmp_path, max_samples=1)
    assert kinds_of(log) == ["solved", "wrong", "missing"]
    row, questions = read_log(Path(log.location), {})
    assert str(row.kind) == "reasoning-gym gcd max_numbers=2 min_numbers=2"
    assert (row.solved, row.puzzles) == (1, 3)
    assert [asked.question for asked in questions.values()] == [sample.metadata["question"] for sample in samples]
    with pytest.raises(Exception, match="unknown data set of reasoning-gym 'gdc': did you mean 'gcd'"):
        tasks.reasoning_gym(dataset="gdc")


def test_a_program_of_the_models_runs_where_tools_are_on(tmp_path: Path) -> None:
    task = tasks.sudoku_4x4(limit=1, tools=True)
    assert task.metadata["tools"] == "python"
    assert tasks.sudoku_4x4(limit=1).sandbox is None
    target = task.dataset[0].target
    call = ModelOutput.for_tool_call("mockllm", "python", {"code": "print(6 * 7)"})
    end = ModelOutput.from_content("mockllm", f"<answer>{target}</answer>")
    for output in (call, end):
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    model = get_model("mockllm/model", custom_outputs=[call, end], memoize=False)
    log = evaluated(task, model, tmp_path, sandbox="local")
    assert kinds_of(log) == ["solved"]
    assert "42" in [message.text.strip() for message in log.samples[0].messages if message.role == "tool"]


def test_a_run_that_broke_off_goes_on_with_the_puzzles_it_had_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_API_KEY", "none")  # no log has a key in it
    task = tasks.sudoku_4x4(limit=6)
    right = by_turns(list(task.dataset), [ENDINGS[0][1]])
    down = [True]
    asked: Counter[str] = Counter()
    fifth = task.dataset[4].input

    def reply(prompt: str) -> Reply:
        if down[0] and prompt == fifth:
            return Reply("the server is down", status=400)
        asked[prompt] += 1
        return right(prompt)

    with language_model(reply) as server:
        model = get_model("openai-api/local/parrot", base_url=server.url, api_key="none", memoize=False)
        log = evaluated(task, model, tmp_path, max_samples=1, fail_on_error=True, score_on_error=False)
        assert log.status == "error"
        assert sum(asked.values()) == 4
        down[0] = False
        with quiet():
            (log,) = inspect_ai.eval_retry(log, log_dir=str(tmp_path), display="none")
    assert log.status == "success"
    assert kinds_of(log) == ["solved"] * 6
    assert set(asked.values()) == {1}


@pytest.mark.parametrize(
    ("task", "told"),
    [
        (lambda: tasks.sudoku_9x9(data="nowhere.csv"), "nowhere.csv: no such file"),
        (lambda: tasks.sudoku_4x4(limit=0), "limit"),
        (lambda: tasks.arc(), "-T data=PLACE"),
        (lambda: tasks.grid(), "-T data=pairs.jsonl"),
        (lambda: tasks.sudoku_extreme(), "'hrm data fetch sudoku-extreme', or name a file of your own"),
        (lambda: tasks.maze_hard(), "'hrm data fetch maze-hard'"),
        (lambda: tasks.arc_2(), "'hrm data fetch arc-agi-2'"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(
    task: Any, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(tasks.PrerequisiteError) as caught:
        task()
    assert told in str(caught.value.message)
    assert "\n" not in str(caught.value.message)


def test_inspect_finds_the_tasks_without_torch() -> None:
    script = "import hrm_lab.tasks, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.slow
def test_inspect_finds_the_tasks_by_the_name_of_the_distribution(tmp_path: Path) -> None:
    needs_entry_point()

    right = by_turns(list(tasks.sudoku_4x4(limit=20).dataset), [ENDINGS[0][1]])
    with language_model(right) as server:
        done = inspect(
            *("eval", "hrm_lab/sudoku_4x4", "--model", "openai-api/local/parrot", "--limit", "20"),
            *("--model-base-url", server.url, "--log-dir", str(tmp_path)),
            cwd=tmp_path,
            env={"LOCAL_API_KEY": "none"},
        )
    assert done.returncode == 0, done.stderr
    log = read_eval_log(str(next(tmp_path.glob("*.eval"))))
    assert log.eval.task_registry_name == "hrm_lab/sudoku_4x4"
    assert kinds_of(log) == ["solved"] * 20


@pytest.mark.slow
def test_a_run_that_was_interrupted_goes_on_by_eval_retry(tmp_path: Path) -> None:
    needs_entry_point()
    samples = list(tasks.sudoku_4x4(limit=20).dataset)
    right = by_turns(samples, [ENDINGS[0][1]])
    stuck = {sample.input for sample in samples[10:]}
    is_mended: list[bool] = []
    served: Counter[str] = Counter()

    def reply(prompt: str) -> Reply:
        if prompt in stuck and not is_mended:
            return Reply(waits=True)
        served[prompt] += 1
        return right(prompt)

    with language_model(reply) as server:
        here = {"cwd": tmp_path, "env": {**QUIET, "LOCAL_API_KEY": "none", "LOCAL_BASE_URL": server.url}}
        args = ("--log-dir", str(tmp_path), "--max-samples", "20", "--max-connections", "20")
        command = [sys.executable, "-m", "inspect_ai", "eval", "hrm_lab/sudoku_4x4", "--limit", "20"]
        process = subprocess.Popen([*command, "--model", "openai-api/local/parrot", *args], **here)
        wait_for(server, 20)
        time.sleep(3)  # the ten that are answered are written
        process.send_signal(signal.SIGINT)
        process.wait(60)
        (stopped,) = tmp_path.glob("*.eval")
        assert read_eval_log(str(stopped), header_only=True).status == "cancelled"
        is_mended.append(True)
        done = inspect("eval-retry", str(stopped), "--log-dir", str(tmp_path), **here)
    assert done.returncode == 0, done.stderr
    log = read_eval_log(str(next(log for log in tmp_path.glob("*.eval") if log != stopped)))
    assert kinds_of(log) == ["solved"] * 20
    assert set(served.values()) == {1}


def wait_for(server: LanguageModel, num: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while len(server.asked) < num:
        assert time.monotonic() < end, f"{len(server.asked)} of {num} were asked"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_provider_without_a_key_says_which_one_it_needs(tmp_path: Path) -> None:
    needs_entry_point()
    keys = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    keys["INSPECT_DISPLAY"] = "plain"
    command = [sys.executable, "-m", "inspect_ai", "eval", "hrm_lab/sudoku_4x4", "--model", "openai/gpt-4o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=keys)
    assert done.returncode != 0
    assert "OPENAI_API_KEY" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
