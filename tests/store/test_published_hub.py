"""What a person names of a repository on the hub."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrm.errors import InputError
from hrm.store.published_hub import HubPlace, choose_on_hub, read_place


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("own/name", HubPlace("own/name", None, None)),
        ("own/name/", HubPlace("own/name", None, None)),
        ("own/name@v1.0", HubPlace("own/name", None, "v1.0")),
        ("own/name@refs/pr/3", HubPlace("own/name", None, "refs/pr/3")),
        ("own/name/a/step_10", HubPlace("own/name", "a/step_10", None)),
        ("own/name/a/step_10@abc", HubPlace("own/name", "a/step_10", "abc")),
        ("https://huggingface.co/own/name", HubPlace("own/name", None, None)),
        ("https://huggingface.co/own/name/tree/main", HubPlace("own/name", None, "main")),
        ("https://hub.example/own/name/blob/abc/a/b.pt?download=true", HubPlace("own/name", "a/b.pt", "abc")),
        ("./own/name", None),
        ("/own/name", None),
        ("name", None),
    ],
)
def test_places(source: str, place: HubPlace | None) -> None:
    assert read_place(source) == place


def test_what_is_here_is_not_asked_for_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own/name").mkdir(parents=True)
    assert read_place("own/name") is None
    assert read_place("own/other/step_1") is None, "a mistyped path"
    assert read_place("own/other") == HubPlace("own/other", None, None)


def test_a_revision_is_named_once() -> None:
    assert read_place("own/name", "v2") == HubPlace("own/name", None, "v2")
    assert read_place("own/name@v2", "v2") == HubPlace("own/name", None, "v2")
    with pytest.raises(InputError, match=r"names the revision v1, --revision v2"):
        read_place("own/name@v1", "v2")


def test_files_of_another_revision_have_a_folder_of_their_own() -> None:
    assert HubPlace("own/name", "a", None).folder == "own/name"
    assert HubPlace("own/name", None, "refs/pr/3").folder == "own/name@refs_pr_3"


NAMES = [
    "README.md",
    "a/all_config.yaml",
    "a/step_1",
    "a/step_20",
    "b/all_config.yaml",
    "b/step_3",
    "b/step_3.pt",
    "c/x.pt",
]


def test_a_file_or_a_folder_of_a_repository() -> None:
    assert choose_on_hub(HubPlace("o/n", "a", None), NAMES, None) == ("a/step_20", "a/all_config.yaml")
    assert choose_on_hub(HubPlace("o/n", "a", None), NAMES, 1) == ("a/step_1", "a/all_config.yaml")
    assert choose_on_hub(HubPlace("o/n", "b/step_3.pt", None), NAMES, None) == ("b/step_3.pt", "b/all_config.yaml")
    assert choose_on_hub(HubPlace("o/n", "c", None), NAMES, None, needs_config=False) == ("c/x.pt", None)


@pytest.mark.parametrize(
    ("path", "step", "message"),
    [
        (None, None, r"has no all_config\.yaml of its own; name a folder of it: o/n/a \(there are a, b\)"),
        ("b", None, r"2 checkpoints of step 3: step_3, step_3\.pt\. Name the file: hrm import o/n/b/step_3"),
        ("d", None, r"o/n on the hub has no d\. There are: README\.md, a/all"),
        ("c", None, r"it has no all_config\.yaml"),
        ("a/step_1", 1, "is a file"),
        ("a", 7, r"no checkpoint of step 7\. Steps: 1, 20"),
    ],
)
def test_what_cannot_be_chosen(path: str | None, step: int | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_on_hub(HubPlace("o/n", path, None), NAMES, step)
