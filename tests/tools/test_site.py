"""The site: every page is found from its menu, every link becomes that of a page, and what is wrong is an error."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from conftest import REPOSITORY

from hrm.models import MODELS
from hrm.recipes import RECIPES
from hrm.studies import STUDIES
from hrm.tasks import TASKS

yaml = pytest.importorskip("yaml", reason="the menu is read with hrm-lab[import]")
DOCS = REPOSITORY / "docs"
REFERENCE = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md"))
REPRODUCE = (DOCS / "reproduce.md").read_text(encoding="utf-8")


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"tools_{name}", REPOSITORY / f"tools/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


site = tool("site")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A repository with a few pages."""
    files = {
        "docs/index.md": "# Start\n<!-- play -->\n<iframe></iframe>\n<!-- /play -->\nend\n",
        "docs/tour.md": "[code](../hrm/a.py), [all](../hrm/), [x](deep/x.md#there), [out](https://a.b/c), ![](p.png)\n",
        "docs/deep/x.md": "# There\n\n98.0 % [96.9, 98.7]\n\n```\n[none](of/your/business.md)\n```\n"
        "[top](../../README.md)\n",
        "docs/p.png": "picture",
        "README.md": "# Hello\n[tour](docs/tour.md)\n",
        "CHANGELOG.md": "# Changes\n",
        "CONTRIBUTING.md": "# Contributing\n",
        "benchmarks/one.md": "# One, measured\n",
        "hrm/a.py": '"""What a is.\n\nMore."""\n\nTEXT = "```"\n',
        "hrm/assets/m/README.md": "---\nlicense: x\n---\n\n# A card\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_links_become_those_of_pages(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert site.Site(small, out).gather() == 12
    ours = "[code](source/hrm/a.py.md), [all](source/hrm/index.md), [x](deep/x.md#there)"
    assert (out / "tour.md").read_text() == f"{ours}, [out](https://a.b/c), ![](p.png)\n"
    assert "[none](of/your/business.md)" in (out / "deep/x.md").read_text(), "code is left alone"
    assert "98.0\u00a0% [96.9,\u00a098.7]" in (out / "deep/x.md").read_text(), "no line breaks within a figure"
    assert "[top](../readme.md)" in (out / "deep/x.md").read_text()
    assert (out / "cards/m.md").read_text() == "\n# A card\n", "without what only the hub reads"
    assert "[One, measured](one.md)" in (out / "benchmarks/index.md").read_text()
    assert "- [a.py](a.py.md): What a is." in (out / "source/hrm/index.md").read_text()
    shown = (out / "source/hrm/a.py.md").read_text()
    assert shown.count(site.FENCE) == 2
    assert 'TEXT = "```"' in shown
    assert "exclude: true" in shown


def test_a_link_that_leads_nowhere_is_named(small: Path, tmp_path: Path) -> None:
    (small / "docs/tour.md").write_text("[gone](gone.md)\n")
    with pytest.raises(SystemExit, match=r"docs/tour\.md: the link gone\.md leads nowhere"):
        site.Site(small, tmp_path / "out").gather()
    (small / "docs/tour.md").write_text("[above](../../../etc/hosts)\n")
    with pytest.raises(SystemExit, match="leads nowhere"):
        site.Site(small, tmp_path / "out").gather()


@pytest.mark.parametrize("knows_pages", [True, False])
def test_the_live_page_is_there_or_not_spoken_of(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows_pages: bool
) -> None:
    out = tmp_path / "out"
    site.Site(small, out).gather()
    help = "--format {folder,onnx,page}" if knows_pages else "--format {folder,onnx}\n  a page of text"

    def stand_in(command: list[str], **options: Any) -> SimpleNamespace:
        if "--help" not in command:
            Path(command[-1]).mkdir()
            (Path(command[-1]) / "index.html").write_text("page")
            (Path(command[-1]) / "README.md").write_text("about the page")
        return SimpleNamespace(stdout=help)

    monkeypatch.setattr(subprocess, "run", stand_in)
    (line,) = site.put_live_page(out)
    assert line.startswith("the live page" if knows_pages else "no live page")
    assert (out / "play/index.html").exists() == knows_pages
    assert not (out / "play/README.md").exists(), "it would be made a page, in the place of index.html"
    assert ("<iframe" in (out / "index.md").read_text()) == knows_pages
    assert "end" in (out / "index.md").read_text()


def test_the_landing_page_has_the_place_for_it() -> None:
    landing = (DOCS / "index.md").read_text(encoding="utf-8")
    (place,) = site.PLAY.findall(landing)
    assert 'src="play/index.html"' in place
    assert "play/" not in site.PLAY.sub("", landing)


def test_faults_of_a_built_site_are_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/index.html").write_text('<p id="here"></p><a href="../a.html#c%20d">a</a><a name="there"></a>')
    good = '<a id="c d" href="b/"></a><a href="b/#here"></a><a href="b/index.html#there"></a><a href="mailto:x@y"></a>'
    (tmp_path / "a.html").write_text(f'{good}<a href="https://elsewhere/x"></a><img src="data:,x">')
    (tmp_path / "404.html").write_text('<a href="/a.html"></a>')
    assert list(site.faults(tmp_path)) == []
    bad = '<a href="gone.html"></a><a href="b/#gone"></a><script src="https://elsewhere/x.js"></script>'
    (tmp_path / "a.html").write_text(f'{good}{bad}<iframe src="play/index.html"></iframe>')
    assert list(site.faults(tmp_path)) == [
        "a.html: gone.html leads nowhere",
        "a.html: b/#gone names no place of that page",
        "a.html fetches https://elsewhere/x.js",
        "a.html: play/index.html leads nowhere",
    ]


def menu(entries: Any) -> list[str]:
    """The pages of a menu, in its order."""
    if isinstance(entries, str):
        return [entries]
    return [page for entry in (entries.values() if isinstance(entries, dict) else entries) for page in menu(entry)]


def test_the_menu_has_every_page_once_and_no_other() -> None:
    shown = menu(yaml.safe_load((REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}
    assert len(shown) == len(set(shown))
    assert pages - set(shown) == set(), "name them in mkdocs.yml, where they come in reading order"
    assert set(shown) - pages == {"readme.md", "changelog.md", "contributing.md", "benchmarks/index.md"}


def test_the_reference_has_every_model_task_and_recipe() -> None:
    named = set(re.findall(r"^::: (\S+)$", REFERENCE, re.MULTILINE))
    for table in (MODELS, TASKS):
        for config in table.values():
            assert any(config.__module__ == name or config.__module__.startswith(f"{name}.") for name in named), config
    assert {make.__module__ for make in RECIPES.values()} <= named
    for name in named:
        module, _, member = name.rpartition(".")
        __import__(module)
        if not hasattr(sys.modules[module], member):
            __import__(name)


def test_figures_can_be_made_again_by_what_exists() -> None:
    words = [re.findall(r"[\w-]+", command) for command in re.findall(r"`([^`]+)`", REPRODUCE)]
    studies = {word for line in words if line[:2] == ["hrm", "ablate"] for word in line[2:3]}
    studies |= {"ema", "cycles"} & {line[0] for line in words if line}
    assert studies - {"STUDY"} == set(STUDIES)
    trained = {line[2] for line in words if line[:2] == ["hrm", "train"]}
    assert trained <= set(RECIPES)
    for file in [*(REPOSITORY / "benchmarks").glob("*.md"), *REPOSITORY.glob("hrm/assets/*/README.md")]:
        assert f"(../{file.relative_to(REPOSITORY).as_posix()}" in REPRODUCE, f"{file.name} has figures of its own"
    for page in ("measured", "findings", "hard", "inside", "gradients"):
        assert f"({page}.md" in REPRODUCE


def front_matter(file: Path) -> Any:
    found = re.match(r"---\n(.*?)\n---\n", file.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return yaml.safe_load(found[1])


def test_the_space_is_static_and_its_card_is_short_enough_for_the_hub() -> None:
    card = front_matter(REPOSITORY / "tools/space.md")
    assert (card["sdk"], card["app_file"], card["license"]) == ("static", "index.html", "apache-2.0")
    assert {"title", "emoji", "colorFrom", "colorTo"} <= set(card)
    assert len(card["short_description"]) <= 60
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {card["colorFrom"], card["colorTo"]} <= colours


def test_what_is_published_is_what_ci_builds() -> None:
    jobs = yaml.safe_load((REPOSITORY / ".github/workflows/pages.yml").read_text(encoding="utf-8"))["jobs"]
    steps = jobs["build"]["steps"]
    assert {"run": "make docs"} in steps
    assert [step["with"]["path"] for step in steps if "upload" in step.get("uses", "")] == ["build/site"]
    assert "make docs" in (REPOSITORY / ".ci/run").read_text(encoding="utf-8")
    assert "zensical build --strict" in (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def test_comments_behind_fields_are_read_as_docstrings() -> None:
    griffe = pytest.importorskip("griffe", reason="the site is built with hrm-lab[docs]")
    extensions = griffe.load_extensions(tool("comments").TrailingComments())
    step = griffe.load("hrm.inference.trace", extensions=extensions, search_paths=[REPOSITORY])["Step"]
    assert step["segment"].docstring.value == "counted from 1"
    assert step["caption"].docstring.value.startswith("The place of this step")
    config = griffe.load("hrm.training.settings", extensions=extensions, search_paths=[REPOSITORY])["TrainingConfig"]
    assert config["lr"].docstring.value == "Learning rate after the warm-up."
