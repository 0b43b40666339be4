from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import safetensors
import torch
from store.test_nano_trm import HYPER
from store.test_published_weights import Malicious, change_config, change_weights, copied

import hrm
from hrm.cli import main
from hrm.errors import InputError
from hrm.store.folder import load_model
from hrm.store.locate import CONFIG
from hrm.store.published_weights import PUZZLES

PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"


@pytest.fixture
def source(shared: Path, tmp_path: Path) -> Path:
    return copied(shared / "fixtures/official_checkpoint_trm", tmp_path / "checkpoint")


@pytest.fixture
def data(shared: Path) -> str:
    return str(shared / "fixtures/official_sudoku")


@pytest.mark.parametrize("name", ["hrm", "trm"])
def test_an_imported_model_scores_what_the_published_evaluation_says(
    shared: Path, tmp_path: Path, data: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out = shared / f"fixtures/official_checkpoint_{name}", tmp_path / "imported"
    assert main(["import", str(folder), "--data", data, "--out", str(out)]) == 0
    assert "Every weight of the checkpoint is in the model" in capsys.readouterr().out
    assert main(["eval", str(out), "--json", "--runtime.precision", "float32", "--runtime.compile", "no"]) == 0
    measured = json.loads(capsys.readouterr().out)
    with safetensors.safe_open(folder / "expected.safetensors", "pt") as stored:
        published = stored.metadata()
    last = measured["segments"][-1]
    assert last["segments"] == 16 == int(published["segments"])
    assert last["cells"] == pytest.approx(float(published["cell_accuracy"]), abs=1e-6)
    assert last["exact"] == float(published["exact_accuracy"])


def test_an_imported_model_is_a_model_like_any_other(source: Path, tmp_path: Path, data: str) -> None:
    out = tmp_path / "imported"
    assert main(["import", str(source / "step_1234"), "--data", data, "--out", str(out)]) == 0
    config = json.loads((out / CONFIG).read_text())
    assert config["training"]["max_segments"] == 16
    assert config["training"]["steps"] == config["imported"]["step"] == 1234
    solution = hrm.load(out).solver(max_segments=1).solve([PUZZLE])[0]
    assert len(solution.solution) == 81
    assert main(["solve", "--model", str(out), "--max-segments", "1", PUZZLE]) == 1, "random weights solve nothing"
    card = (out / "README.md").read_text()
    assert "step_1234" in card
    assert "TinyRecursiveReasoningModel_ACTV1" in card
    assert main(["export", str(out), str(tmp_path / "exported")]) == 0
    assert "a checkpoint of the published code" in (tmp_path / "exported/README.md").read_text()


def test_for_the_puzzles_of_a_recipe(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "imported"
    assert main(["import", str(source), "--recipe", "sudoku-extreme", "--out", str(out)]) == 0
    assert json.loads((out / CONFIG).read_text())["task"]["name"] == "sudoku"
    assert load_model(out).task.spec.vocab_size == 11
    assert main(["import", str(source), "--recipe", "maze-hard", "--out", str(tmp_path / "mazes")]) == 2
    assert "knows 11 tokens, the task has 6" in capsys.readouterr().err


@pytest.mark.parametrize("choice", ["drop", "separate"])
def test_a_table_of_other_puzzles(
    source: Path, tmp_path: Path, data: str, choice: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, table = "_orig_mod.model.inner.puzzle_emb.weights", torch.randn(5, 64)
    change_weights(source, lambda weights: weights.update({name: table}))
    args, out = ["import", str(source), "--data", data, "--out"], tmp_path / "imported"
    assert main([*args, str(out)]) == 2
    error = capsys.readouterr().err
    assert "5 rows, the task has 1 puzzle" in error
    assert "--puzzles drop" in error
    assert not out.exists()
    assert main([*args, str(out), "--puzzles", choice]) == 0
    assert not load_model(out).model.state_dict()[PUZZLES].any()
    assert "5 rows of 64" in (out / "README.md").read_text()
    if choice == "drop":
        assert not (out / "puzzles.safetensors").exists()
    else:
        kept = safetensors.torch.load_file(out / "puzzles.safetensors")
        assert torch.equal(kept["puzzles"], table)


def spoil_by(what: str, source: Path) -> None:
    prefix = "_orig_mod.model.inner."
    if what == "unknown key":
        change_config(source, lambda config: config["arch"].update(num_experts=4))
    elif what == "missing weight":
        change_weights(source, lambda weights: weights.pop(f"{prefix}lm_head.weight"))
    elif what == "wrong shape":
        change_weights(source, lambda weights: weights.update({f"{prefix}H_init": torch.zeros(3)}))
    elif what == "malicious":
        torch.save({"x": Malicious(source / "made by the file")}, source / "step_1234")
    elif what == "no configuration":
        (source / "all_config.yaml").unlink()
    elif what == "wrong training":
        change_config(source, lambda config: config.update(lr="fast"))


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("unknown key", "arch.num_experts"),
        ("missing weight", "missing lm_head.weight"),
        ("wrong shape", "H_init is (3,), the model needs (64,)"),
        ("malicious", "refused"),
        ("no configuration", "holds no all_config.yaml"),
        ("wrong training", "lr"),
    ],
)
def test_bad_checkpoints_leave_nothing_behind(
    source: Path, tmp_path: Path, data: str, what: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_by(what, source)
    before = sorted(tmp_path.rglob("*"))
    assert main(["import", str(source), "--data", data, "--out", str(tmp_path / "imported")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert sorted(tmp_path.rglob("*")) == before


def test_bad_arguments(source: Path, tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*args: str) -> str:
        assert main(["import", *args]) == 2
        return capsys.readouterr().err

    out = str(tmp_path / "imported")
    assert "no checkpoint of step 7. Steps: 1234" in refused(str(source), "--data", data, "--out", out, "--step", "7")
    assert "exists already" in refused(str(source), "--data", data, "--out", str(tmp_path))
    assert "there is no checkpoint at" in refused(str(tmp_path / "nowhere"), "--data", data, "--out", out)
    assert "--data, or a recipe with --recipe" in refused(str(source), "--out", out)
    assert "one of them" in refused(str(source), "--data", data, "--recipe", "maze-hard", "--out", out)
    assert "unknown recipe" in refused(str(source), "--recipe", "sudoku-extrem", "--out", out)
    assert "dataset.json" in refused(str(source), "--data", str(tmp_path), "--out", out)
    assert not Path(out).exists()


def test_a_disk_that_refuses(
    source: Path, tmp_path: Path, data: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hrm.store.folder.write_synced", full)
    before = sorted(tmp_path.rglob("*"))
    assert main(["import", str(source), "--data", data, "--out", str(tmp_path / "imported")]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_from_the_hub(
    web: tuple[Path, str], source: Path, tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = web
    served = folder / "someone/model/resolve/main"
    served.mkdir(parents=True)
    for name in ("all_config.yaml", "step_1234"):
        shutil.copyfile(source / name, served / name)
    (folder / "api/models/someone").mkdir(parents=True)
    names = [".gitattributes", "all_config.yaml", "losses.py", "step_99", "step_1234"]
    (folder / "api/models/someone/model").write_text(json.dumps({"siblings": [{"rfilename": name} for name in names]}))
    (folder / "api/models/someone/other").write_text(json.dumps({"siblings": [{"rfilename": "model.bin"}]}))
    assert main(["import", "someone/model", "--data", data, "--out", "imported"]) == 0
    assert sorted(p.name for p in Path("data/checkpoints/someone/model").iterdir()) == [
        "all_config.yaml",
        "fetched.json",
        "step_1234",
    ]
    assert load_model("imported").config["imported"] == {"source": "someone/model", "file": "step_1234", "step": 1234}
    capsys.readouterr()
    assert main(["import", "someone/other", "--data", data, "--out", "another"]) == 2
    assert "has no all_config.yaml" in capsys.readouterr().err
    assert main(["import", "someone/nobody", "--data", data, "--out", "another"]) == 2
    assert "404" in capsys.readouterr().err


def nano_trm(source: Path, folder: Path, end_token: bool) -> Path:
    """The weights of the fixture as nano-trm keeps them: its names, a head of one row, Lightning around it."""
    theirs = {
        "embed_tokens.": "input_embedding.",
        "L_level.": "lenet.",
        "H_init": "z_H_init",
        "L_init": "z_L_init",
    }
    weights = {}
    for name, tensor in torch.load(source / "step_1234", weights_only=True).items():
        name = name.removeprefix("_orig_mod.model.inner.")
        for ours, other in theirs.items():
            name = name.replace(ours, other)
        tensor = tensor[:1] if name.startswith("q_head") else tensor
        if end_token and name in ("input_embedding.embedding_weight", "lm_head.weight"):
            tensor = torch.cat((tensor[:1], torch.full_like(tensor[:1], 9.0), tensor[1:]))
        weights[name] = tensor
    weights |= {"puzzle_emb.local_weights": torch.zeros(8, 64), "puzzle_emb.local_ids": torch.zeros(8)}
    hyper = {**HYPER, "L_cycles": 4, "ffn_expansion": 4, "N_supervision": 16}
    folder.mkdir()
    content = {"state_dict": weights, "hyper_parameters": hyper, "epoch": 3, "pytorch-lightning_version": "2.5"}
    torch.save(content, folder / "last.ckpt")
    return folder


@pytest.mark.parametrize("end_token", [True, False])
def test_a_checkpoint_of_nano_trm_thinks_as_the_published_model(
    source: Path, tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str], end_token: bool
) -> None:
    assert main(["import", str(source), "--data", data, "--out", str(tmp_path / "published")]) == 0
    folder = nano_trm(source, tmp_path / "nano", end_token)
    assert main(["import", str(folder), "--data", data, "--out", str(tmp_path / "imported")]) == 0
    assert "under 'state_dict' were taken" in capsys.readouterr().out
    published, imported = load_model(tmp_path / "published"), load_model(tmp_path / "imported")
    assert imported.config["training"]["max_segments"] == 16
    batch = next(iter(published.task.eval_batches(4)))
    with torch.no_grad():
        one, other = (m.model(m.model.initial_carry(4), batch)[1] for m in (published, imported))
    assert torch.equal(one.logits, other.logits)
    assert torch.equal(one.q_halt, other.q_halt)


def test_cells_of_another_board_are_refused(
    source: Path, tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = nano_trm(source, tmp_path / "nano", end_token=False)
    args = ["import", str(folder / "last.ckpt"), "--recipe", "sudoku-4x4", "--out", str(tmp_path / "imported")]
    assert main(args) == 2
    assert "was made for 81 cells, the task has 16" in capsys.readouterr().err


def test_which_weights_were_taken_is_said_and_can_be_chosen(
    source: Path, tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = torch.load(source / "step_1234", weights_only=True)
    torch.save({"model": weights, "ema": {k: v + 1 for k, v in weights.items()}}, source / "step_1234")
    args = ["import", str(source), "--data", data, "--out"]
    assert main([*args, str(tmp_path / "average")]) == 0
    said = "The weights under 'ema' were taken; 'model' was not (--weights KEY takes another)."
    assert said in capsys.readouterr().out
    assert said in (tmp_path / "average/README.md").read_text()
    assert main([*args, str(tmp_path / "last"), "--weights", "model"]) == 0
    average, last = (load_model(tmp_path / name).model.state_dict()["H_init"] for name in ("average", "last"))
    torch.testing.assert_close(average, last + 1)


def test_weights_that_are_no_numbers(
    source: Path, tmp_path: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change_weights(source, lambda weights: weights["_orig_mod.model.inner.lm_head.weight"].fill_(float("nan")))
    assert main(["import", str(source), "--data", data, "--out", str(tmp_path / "imported")]) == 2
    assert "lm_head.weight holds NaN or infinity" in capsys.readouterr().err
    assert not (tmp_path / "imported").exists()


def test_a_configuration_elsewhere(source: Path, tmp_path: Path, data: str) -> None:
    (source / "all_config.yaml").rename(tmp_path / "mine.yaml")
    args = ["import", str(source / "step_1234"), "--data", data, "--out", str(tmp_path / "imported")]
    assert main(args) == 2
    assert main([*args, "--config", str(tmp_path / "mine.yaml")]) == 0


def test_a_file_a_folder_and_a_revision_of_the_hub(
    web: tuple[Path, str], source: Path, data: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["a/all_config.yaml", "a/step_10", "a/step_10.pt", "../../evil"]
    for revision in ("main", "v2"):
        served = web[0] / f"own/model/resolve/{revision}/a"
        served.mkdir(parents=True)
        for name, original in zip(names[:3], ("all_config.yaml", "step_1234", "step_1234"), strict=True):
            shutil.copyfile(source / original, served.parent / name)
    listing = json.dumps({"siblings": [{"rfilename": name} for name in names]})
    (web[0] / "api/models/own/model/revision").mkdir(parents=True)
    (web[0] / "api/models/own/model/revision/v2").write_text(listing)
    (web[0] / "api/models/own/model/index.html").write_text(listing)  # the stand-in's answer for a folder
    args = ["--data", data, "--out"]
    assert main(["import", "own/model/a@v2", *args, "imported"]) == 2
    assert "2 checkpoints of step 10: step_10, step_10.pt" in capsys.readouterr().err
    assert main(["import", "own/model/a/step_10.pt@v2", *args, "imported"]) == 0
    assert Path("data/checkpoints/own/model@v2/a/step_10.pt").is_file()
    imported = load_model("imported").config["imported"]
    assert imported == {"source": "own/model", "revision": "v2", "file": "a/step_10.pt", "step": 10}
    assert main(["import", f"{web[1]}/own/model/blob/v2/a/step_10", *args, "again"]) == 0
    assert main(["import", "own/model/a/step_10", "--revision", "v2", *args, "third"]) == 0
    assert main(["import", str(source), "--revision", "v2", *args, "fourth"]) == 2
    assert "--revision is for a model of the hub" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["eval", "export", "solve"])
def test_a_published_checkpoint_as_a_model_leads_here(
    source: Path, tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    args = {"eval": [str(source)], "export": [str(source), str(tmp_path / "x")], "solve": ["--model", str(source), "1"]}
    assert main([verb, *args[verb]]) == 2
    assert f"hrm import {source} --recipe RECIPE --out FOLDER" in capsys.readouterr().err
    with pytest.raises(InputError, match="hrm import"):
        hrm.load(source)
