"""The page as a person has it: typing, tapping, links, faults, keys, a phone, two tabs, no connection."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_browser import served, verdict

from hrm.cli.page import Handler
from hrm.export.web_runtime import CDN, MODULE, from_cdn
from hrm.puzzles.sudoku.known import HARD, PUBLISHED

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
WIKIPEDIA = PUBLISHED["Wikipedia, 'Sudoku'"]
SOLVED = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"


def cells(page: Any) -> str:
    return str(page.eval_on_selector_all("[role=gridcell]", "all => all.map(one => one.textContent || '.').join('')"))


def test_it_opens_and_solves_and_can_be_leafed_through(page: Any, sudoku: Any) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    start = time.perf_counter()
    page.goto(sudoku.address)
    said = verdict(page)
    took = time.perf_counter() - start
    assert said.startswith("Solved after ")
    assert said.endswith(" % certain.")
    assert page.get_attribute("#verdict", "data-answer") == SOLVED
    page.wait_for_function("document.getElementById('play').textContent === 'play'")  # the film is over
    assert cells(page) == SOLVED
    page.fill("#at", "0")
    assert cells(page) == WIKIPEDIA
    assert page.inner_text("#caption") == "the puzzle"
    page.click("#next")
    assert page.inner_text("#caption").startswith("segment 1: ")
    page.click("#back")
    page.click("#play")
    page.wait_for_function("document.getElementById('caption').textContent.startsWith('segment 2')")
    page.click("#play")
    assert page.inner_text("#play") == "play"
    assert page.eval_on_selector_all(".given", "all => all.length") >= 30  # the board's, and the key to the colours
    assert page.get_attribute("#certainty", "points").count(",") >= 2
    assert errors == []
    assert sum(file.stat().st_size for file in sudoku.site.iterdir() if file.is_file()) < 1e6
    assert took < 10, "2 s on a machine of its own: docs/measured.md"


def test_a_puzzle_is_typed_with_the_keyboard_alone(page: Any, sudoku: Any) -> None:
    page.goto(sudoku.address)
    verdict(page)
    page.focus("#empty")
    page.keyboard.press("Enter")
    assert cells(page) == "." * 81
    while page.evaluate("document.activeElement.getAttribute('role')") != "gridcell":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    for cell, digit in enumerate(WIKIPEDIA):
        if digit != ".":
            page.keyboard.press(digit)
        if cell % 9 < 8:
            page.keyboard.press("ArrowRight")
        elif cell < 80:
            page.keyboard.press("ArrowDown")
            for _ in range(8):
                page.keyboard.press("ArrowLeft")
    assert cells(page) == WIKIPEDIA
    page.keyboard.press("Delete")
    assert cells(page) == WIKIPEDIA[:-1] + "."
    page.keyboard.press("9")
    page.focus("#think")
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('verdict').textContent.startsWith('Solved')")
    labels = page.eval_on_selector_all("[role=gridcell]", "all => all.map(one => one.ariaLabel)")
    assert labels[0] == "r1c1: 5, given"
    for one in page.query_selector_all("button, select, input, textarea, [role=grid], [role=gridcell], svg"):
        assert one.evaluate("e => e.ariaLabel || e.textContent.trim() || e.labels?.length"), one


def test_cells_are_tapped(chrome: Any, sudoku: Any) -> None:
    context = chrome.new_context(viewport={"width": 360, "height": 740}, has_touch=True, color_scheme="dark")
    page = context.new_page()
    page.goto(sudoku.address)
    verdict(page)
    width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width[0] <= width[1], "nothing is wider than a phone"
    assert page.locator("#keys button").first.bounding_box()["width"] >= 36
    page.tap("#empty")
    page.locator("[role=gridcell]").nth(40).tap()
    page.locator("#keys button").nth(6).tap()
    assert cells(page) == "." * 40 + "7" + "." * 40
    page.locator("#keys button").last.tap()
    assert cells(page) == "." * 81
    context.close()


def test_faults_are_told_beside_the_cell(page: Any, sudoku: Any) -> None:
    page.goto(sudoku.address)
    verdict(page)
    page.click("#empty")
    board = page.locator("[role=gridcell]")
    for cell in (0, 4):
        board.nth(cell).click()
        page.keyboard.press("5")
    fault = page.locator("#fault")
    assert fault.inner_text() == "digit 5 stands 2 times in row 1: r1c1, r1c5"
    at, cell = fault.bounding_box(), board.nth(4).bounding_box()
    assert at["x"] <= cell["x"] + cell["width"] / 2 <= at["x"] + at["width"]
    assert 0 <= at["y"] - (cell["y"] + cell["height"]) < 12
    assert board.nth(4).get_attribute("aria-invalid") is not None
    page.click("#think")
    assert page.inner_text("#verdict").startswith("Not a puzzle yet: digit 5 stands 2 times")
    board.nth(4).click()
    page.keyboard.press("6")
    assert not fault.is_visible()
    page.click("#think")
    assert fault.inner_text() == "2 cells are given: fewer than 17 always leave several solutions"
    for text, words in {
        WIKIPEDIA[:-1]: "80 cells found, but a 9 x 9 board has 81",
        WIKIPEDIA.replace("8", "x"): "line 1, column 21: 'x' is no symbol of this puzzle (1 2 3 4 5 6 7 8 9 .)",
    }.items():
        page.fill("#text", text)
        page.dispatch_event("#text", "change")
        assert fault.inner_text() == words
        page.click("#think")  # of what stands in the box, not of the board before it
        assert page.inner_text("#verdict").startswith(f"Not a puzzle yet: {words}")
    page.click("#empty")
    assert page.input_value("#text") == ""


def test_mazes_are_drawn_and_faults_found(page: Any, maze: Any) -> None:
    page.goto(maze.address)
    assert verdict(page).startswith(("Solved after", "Not solved, after"))
    page.click("#empty")
    page.click("#think")
    assert page.inner_text("#fault") == "there is no start (S)"
    board = page.locator("[role=gridcell]")
    for cell, key in ((0, "S"), (80, "g"), (2, "s")):
        board.nth(cell).click()
        page.keyboard.press(key)
    assert page.inner_text("#fault") == "there is more than one start (S): r1c1, r1c3"


def test_an_honest_no(page: Any, sudoku: Any) -> None:
    changed = json.dumps(sudoku.model | {"graphs": sudoku.model["graphs"][:1]})  # alone, as most models are
    page.route("**/model.json", lambda route: route.fulfill(body=changed))
    page.goto(f"{sudoku.address}#puzzle={HARD['Golden Nugget']}&segments=4&attempts=2")
    assert verdict(page).startswith("Not solved, after 8 segments in 2 attempts, ")
    page.fill("#at", "5")
    assert page.inner_text("#caption").startswith("attempt 2, under a symmetry, segment 1: ")
    assert page.eval_on_selector_all("[role=gridcell].conflict", "all => all.length") > 0


def test_a_link_holds_the_puzzle_and_the_settings(chrome: Any, sudoku: Any) -> None:
    page = chrome.new_page()
    page.goto(f"{sudoku.address}#puzzle={WIKIPEDIA}&halt=certainty&certain=99&segments=20&attempts=nonsense")
    assert verdict(page).startswith("Solved after ")
    assert page.input_value("#halt") == "certainty"
    assert page.input_value("#segments") == "20"
    assert page.input_value("#attempts") == "1", "what one attempt does not solve goes on"
    page.click("summary")
    page.fill("#attempts", "3")
    page.click("#share")
    link = page.url
    assert link.endswith(f"#puzzle={WIKIPEDIA}&halt=certainty&certain=99&segments=20&attempts=3")
    other = chrome.new_page()
    other.goto(link)
    assert verdict(other).startswith("Solved after ")
    assert other.input_value("#certain") == "99"
    page.close()
    other.close()


def test_two_tabs_at_once(chrome: Any, sudoku: Any) -> None:
    context = chrome.new_context()
    pages = [context.new_page() for _ in range(2)]
    for page, puzzle in zip(pages, [WIKIPEDIA, PUBLISHED["Project Euler 96, grid 02"]], strict=True):
        page.goto(f"{sudoku.address}#puzzle={puzzle}", wait_until="commit")
    for page in pages:
        assert verdict(page).startswith("Solved after ")
    context.close()


def test_with_its_own_runtime_nothing_is_fetched_from_elsewhere(chrome: Any, sudoku: Any) -> None:
    context = chrome.new_context()
    asked: list[str] = []
    context.route(lambda url: not url.startswith(sudoku.address), lambda route: (asked.append("route"), route.abort()))
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(sudoku.address)
    assert verdict(page).startswith("Solved after ")
    page.click("#random")
    verdict(page)
    assert [url for url in asked if not url.startswith((sudoku.address, f"blob:{sudoku.address}"))] == []
    assert not [url for url in asked if "puzzle" in url]
    context.close()


def test_the_runtime_of_the_cdn_is_taken_with_the_right_bytes_alone(
    chrome: Any, sudoku: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another origin on this machine stands in for the CDN."""
    site, elsewhere = tmp_path / "site", tmp_path / "cdn"
    shutil.copytree(sudoku.site, site, ignore=shutil.ignore_patterns("runtime"))
    shutil.copytree(sudoku.site / "runtime", elsewhere)
    monkeypatch.setattr(Handler, "end_headers", with_header(Handler.end_headers, "Access-Control-Allow-Origin", "*"))
    with served(site) as address, served(elsewhere) as cdn:
        model = sudoku.model | {"runtime": from_cdn().entry}
        text = json.dumps(model).replace(f"{CDN}/", cdn)
        assert text.count(cdn) == 2
        (site / "model.json").write_text(text, encoding="utf-8")
        for is_right in (True, False):
            page = chrome.new_page()
            page.goto(address)
            said = verdict(page)
            assert said.startswith("Solved after " if is_right else "It cannot think here: "), said
            page.close()
            with (elsewhere / MODULE).open("a") as file:
                file.write("// one more line")


def with_header(end_headers: Callable[[Handler], None], name: str, value: str) -> Callable[[Handler], None]:
    def ended(handler: Handler) -> None:
        handler.send_header(name, value)
        end_headers(handler)

    return ended
