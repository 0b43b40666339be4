// The rules by name, as in hrm/puzzles: whether an answer solves a puzzle, which cells break a rule, what is wrong.
import { FAMILIES } from "./families.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Rules} Rules */

/** @param {number} cell @param {number} columns */
export const cellName = (cell, columns) => `r${Math.floor(cell / columns) + 1}c${(cell % columns) + 1}`;

/** The cells of some tokens. @param {number[]} board @param {(token: number, cell: number) => boolean} test */
const cellsOf = (board, test) => board.flatMap((token, cell) => (test(token, cell) ? [cell] : []));

/** @param {Model} model */
const unitsOf = (model) => model.rules?.units ?? [];

/** Sudoku: token 1 is a blank, digit d is d + 1. @type {Rules} */
const sudoku = {
  solved: (puzzle, answer, model) =>
    puzzle.every((token, cell) => token < 2 || token === answer[cell]) &&
    answer.every((token) => token >= 2 && token <= model.grid[0] + 1) &&
    unitsOf(model).every((cells) => new Set(cells.map((cell) => answer[cell])).size === cells.length),

  conflicts(puzzle, answer, model) {
    const isTwice = (/** @type {number} */ cell) =>
      unitsOf(model).some((unit) => unit.includes(cell) && unit.some((c) => c !== cell && answer[c] === answer[cell]));
    const isBroken = (/** @type {number} */ token, /** @type {number} */ cell) =>
      (puzzle[cell] >= 2 && puzzle[cell] !== token) || (token >= 2 && isTwice(cell));
    return new Set(cellsOf(answer, isBroken));
  },

  fault(puzzle, model) {
    const [[size], fewest] = [model.grid, model.rules?.fewest ?? 0];
    for (const [unit, cells] of unitsOf(model).entries()) {
      for (let token = 2; token < size + 2; token++) {
        const places = cells.filter((cell) => puzzle[cell] === token);
        if (places.length < 2) continue;
        const where = `${["row", "column", "box"][Math.floor(unit / size)]} ${(unit % size) + 1}`;
        const names = places.map((cell) => cellName(cell, size)).join(", ");
        const words = `digit ${model.symbols[token]} stands ${places.length} times in ${where}: ${names}`;
        return { cell: places[places.length - 1], words };
      }
    }
    const givens = cellsOf(puzzle, (token) => token >= 2).length;
    const words = `${givens} cells are given: fewer than ${fewest} always leave several solutions`;
    return givens < fewest ? { cell: -1, words } : null;
  },
};

const [WALL, FREE, START, GOAL, PATH] = [1, 2, 3, 4, 5];

/** @param {number} cell @param {number} size @returns {number[]} */
const neighbours = (cell, size) =>
  [cell - size, cell % size ? cell - 1 : -1, (cell + 1) % size ? cell + 1 : -1, cell + size].filter(
    (other) => other >= 0 && other < size * size,
  );

/** Steps of the shortest way from S to G through cells that are open; -1 where there is none.
 * @param {number[]} puzzle @param {number} size @param {(cell: number) => boolean} isOpen */
function steps(puzzle, size, isOpen) {
  const distance = new Map([[puzzle.indexOf(START), 0]]);
  for (const [cell, far] of distance) { // what is added comes in its turn: breadth first
    for (const other of neighbours(cell, size)) if (isOpen(other) && !distance.has(other)) distance.set(other, far + 1);
  }
  return distance.get(puzzle.indexOf(GOAL)) ?? -1;
}

const isDrawn = (/** @type {number} */ token) => token === PATH || token === START || token === GOAL;

/** @param {number} token of the maze @param {number} answer */
const isKept = (token, answer) => token === answer || (token === FREE && answer === PATH);

/** Mazes: the maze is kept, one line leads from S to G, touching itself nowhere; none is shorter. @type {Rules} */
const maze = {
  solved(puzzle, answer, { grid: [size] }) {
    const length = answer.filter(isDrawn).length - 1;
    const ways = [(/** @type {number} */ c) => isDrawn(answer[c]), (/** @type {number} */ c) => puzzle[c] !== WALL];
    const isSame = puzzle.every((token, cell) => isKept(token, answer[cell]));
    return isSame && ways.every((isOpen) => steps(puzzle, size, isOpen) === length);
  },

  conflicts(puzzle, answer, { grid: [size] }) {
    const isBroken = (/** @type {number} */ token, /** @type {number} */ cell) => {
      const around = neighbours(cell, size).filter((other) => isDrawn(answer[other])).length;
      return (isDrawn(token) && around !== (token === PATH ? 2 : 1)) || !isKept(puzzle[cell], token);
    };
    return new Set(cellsOf(answer, isBroken));
  },

  fault(puzzle, { grid: [size] }) {
    for (const [wanted, name] of /** @type {[number, string][]} */ ([[START, "start (S)"], [GOAL, "goal (G)"]])) {
      const places = cellsOf(puzzle, (token) => token === wanted);
      if (!places.length) return { cell: -1, words: `there is no ${name}` };
      const names = places.slice(0, 3).map((cell) => cellName(cell, size)).join(", ");
      const words = `there is more than one ${name}: ${names}${places.length > 3 ? " and more" : ""}`;
      if (places.length > 1) return { cell: places[places.length - 1], words };
    }
    const isJoined = steps(puzzle, size, (cell) => puzzle[cell] !== WALL) >= 0;
    return isJoined ? null : { cell: puzzle.indexOf(GOAL), words: "no path leads from the start to the goal" };
  },
};

/** @type {Record<string, Rules>} */
export const RULES = { sudoku, maze, ...FAMILIES };
