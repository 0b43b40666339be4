// The rules of families of boards, by name (hrm/puzzles/boards). All about a board comes in model.json: tokens by their
// names, and as units what its Python says (page_units).

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Rules} Rules */

/** @param {number} cell @param {number} columns */
const nameOf = (cell, columns) => `r${Math.floor(cell / columns) + 1}c${(cell % columns) + 1}`;

/** @param {Model} model @param {string} name */
const token = (model, name) => model.names.indexOf(name);

/** @param {number} one @param {number} other @param {number} columns @returns {[number, number]} rows, columns apart */
const apart = (one, other, columns) => [
  Math.abs(Math.floor(one / columns) - Math.floor(other / columns)),
  Math.abs((one % columns) - (other % columns)),
];

/** @param {(puzzle: number[], answer: number[], model: Model) => Set<number>} conflicts
 * @returns {import("./types.js").Judge} solved where nothing is broken */
const without = (conflicts) => (puzzle, answer, model) => conflicts(puzzle, answer, model).size === 0;

/** Cells that stay lit.
 * @param {number[]} puzzle @param {number[]} answer @param {Model} model @returns {Set<number>} */
function lit(puzzle, answer, model) {
  const [[, columns], press, leave] = [model.grid, token(model, "press"), token(model, "leave")];
  const isBroken = (/** @type {number} */ cell) => {
    const presses = answer.filter((one, at) => one === press && apart(cell, at, columns).reduce((a, b) => a + b) <= 1);
    const isLit = (puzzle[cell] === token(model, "lit") ? 1 : 0) !== presses.length % 2;
    return isLit || ![press, leave].includes(answer[cell]);
  };
  return new Set(puzzle.map((_, cell) => cell).filter(isBroken));
}

/** Lights Out. Units: quiet patterns of presses; what can be put out has an even number of lights in each.
 * @type {Rules} */
const lightsOut = {
  solved: without(lit),
  conflicts: lit,
  fault(puzzle, model) {
    const isOdd = (/** @type {number[]} */ cells) =>
      cells.filter((cell) => puzzle[cell] === token(model, "lit")).length % 2 === 1;
    const isBad = model.rules?.units.some(isOdd);
    return isBad ? { cell: -1, words: "no presses put all these lights out" } : null;
  },
};

/** Digits twice in a row or column, signs that do not hold, cells that are not as given.
 * @param {number[]} puzzle @param {number[]} answer @param {Model} model
 * @param {boolean} isWhole blanks are faults, too @returns {Set<number>} */
function unequal(puzzle, answer, model, isWhole = true) {
  const [[, columns], blank] = [model.grid, model.blank];
  const digit = (/** @type {number} */ cell) => Number(model.names[answer[cell]]) || 0;
  const found = new Set(puzzle.flatMap((one, cell) => (one !== blank && one !== answer[cell] ? [cell] : [])));
  for (const unit of model.rules?.units ?? []) {
    for (const cell of unit) {
      const isTwice = digit(cell) > 0 && unit.some((other) => other !== cell && digit(other) === digit(cell));
      if (isTwice || (isWhole && !digit(cell))) found.add(cell);
    }
  }
  const steps = { "sign <": -1, "sign >": 1, "sign ^": -columns, "sign v": columns };
  for (const [name, step] of Object.entries(steps)) {
    for (const [cell, one] of puzzle.entries()) {
      const [less, more] = [digit(cell + step), digit(cell - step)];
      if (model.names[one] === name && less >= more && (isWhole || (less && more))) found.add(cell);
    }
  }
  return found;
}

/** Futoshiki. Units: rows, then columns, of the places that are cells. @type {Rules} */
const futoshiki = {
  solved: without(unequal),
  conflicts: (puzzle, answer, model) => unequal(puzzle, answer, model),
  fault(puzzle, model) {
    const [cells, columns] = [new Set(model.rules?.units.flat()), model.grid[1]];
    const place = puzzle.findIndex((one, at) => {
      const [name, isEven] = [model.names[one], Math.floor(at / columns) % 2 === 0];
      const isSign = name === "no sign" || (isEven !== (at % columns) % 2 < 1 && "<>".includes(name[5]) === isEven);
      return cells.has(at) === name.includes("sign") || (!cells.has(at) && !isSign);
    });
    const words = `${model.names[puzzle[place]]} cannot stand in ${nameOf(place, columns)}`;
    if (place >= 0) return { cell: place, words };
    const [cell] = unequal(puzzle, puzzle, model, false);
    if (cell === undefined) return null;
    const isSign = model.names[puzzle[cell]].startsWith("sign");
    const what = isSign ? "sign does not hold" : `digit ${model.symbols[puzzle[cell]]} stands twice in a row or column`;
    return { cell, words: `the ${what}: ${nameOf(cell, columns)}` };
  },
};

/** Queens that another one attacks, and cells that are not as given.
 * @param {number[]} puzzle @param {number[]} answer @param {Model} model @returns {Set<number>} */
function attacked(puzzle, answer, model) {
  const [[, columns], queen] = [model.grid, token(model, "queen")];
  const queens = answer.flatMap((one, cell) => (one === queen ? [cell] : []));
  const isAttack = (/** @type {number} */ one, /** @type {number} */ other) => {
    const [rows, sideways] = apart(one, other, columns);
    return one !== other && (!rows || !sideways || rows === sideways);
  };
  const found = queens.filter((one) => queens.some((other) => isAttack(one, other)));
  const isNone = (/** @type {number} */ one, /** @type {number} */ cell) =>
    ![queen, model.blank].includes(one) || (puzzle[cell] === queen && one !== queen);
  return new Set([...found, ...answer.flatMap((one, cell) => (isNone(one, cell) ? [cell] : []))]);
}

/** Queens. @type {Rules} */
const queens = {
  solved: (puzzle, answer, model) =>
    !attacked(puzzle, answer, model).size &&
    answer.filter((one) => one === token(model, "queen")).length === model.grid[0],
  conflicts: attacked,
  fault(puzzle, model) {
    const cells = [...attacked(puzzle, puzzle, model)];
    const names = cells.map((cell) => nameOf(cell, model.grid[1])).join(", ");
    return cells.length ? { cell: cells[cells.length - 1], words: `queens attack each other: ${names}` } : null;
  },
};

/** @type {Record<string, Rules>} */
export const FAMILIES = { "lights-out": lightsOut, futoshiki, queens };
