from __future__ import annotations

import pytest

from hrm.puzzles.maze.letters import describe_character, is_words, table_for
from hrm.puzzles.maze.tokens import FREE, GOAL, START, WALL


@pytest.mark.parametrize(
    ("maze", "tokens"),
    [
        ("#S.G", [WALL, START, FREE, GOAL]),
        ("█s_g", [WALL, START, FREE, GOAL]),
        ("#S E", [WALL, START, FREE, GOAL]),
        ("#S X", [WALL, START, FREE, GOAL]),
        ("#s f", [WALL, START, FREE, GOAL]),
        ("#A.B", [WALL, START, FREE, GOAL]),
        ("#S-G", [WALL, START, FREE, GOAL]),
        ("XXS.G", [WALL, WALL, START, FREE, GOAL]),
        ("xxs.E", [WALL, WALL, START, FREE, GOAL]),
        ("112003", [WALL, WALL, START, FREE, FREE, GOAL]),
        ("11S0E", [WALL, WALL, START, FREE, GOAL]),
    ],
)
def test_letters_of_other_people(maze: str, tokens: list[int]) -> None:
    table = table_for(maze)
    assert [table[character] for character in maze] == tokens


@pytest.mark.parametrize("maze", ["#SGE", "#SEE", "#oSG", "#XXSG"])
def test_a_letter_too_many(maze: str) -> None:
    assert not set(maze) <= table_for(maze).keys()


def test_a_character_is_described() -> None:
    assert "a cell of a path" in describe_character("o")
    assert "neither a wall" in describe_character("?")


def test_words_over_a_maze() -> None:
    assert all(map(is_words, ("Maze 1", "# a small maze", "Grid 01")))
    assert not any(map(is_words, ("# S #", "XXSGX", "xxs.E", "ooo", "")))
