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

/** Steps from a cell to all others through cells that are open; Infinity where no way leads.
 * @param {number} start @param {(cell: number) => boolean} isOpen @param {number[]} grid rows, columns */
function stepsFrom(start, isOpen, [rows, columns]) {
  const steps = Array(rows * columns).fill(Infinity);
  steps[start] = 0;
  const queue = [start];
  for (const here of queue) {
    for (const there of [here - columns, here + columns, here - 1, here + 1]) {
      const isNear = there >= 0 && there < steps.length && apart(here, there, columns).reduce((a, b) => a + b) === 1;
      if (!isNear || steps[there] < Infinity || !isOpen(there)) continue;
      steps[there] = steps[here] + 1;
      queue.push(there);
    }
  }
  return steps;
}

/** Digits that stay twice in a row or column, shaded cells side by side, cells that are cut off from the first that
 * stays, and cells that are neither. @param {number[]} puzzle @param {number[]} answer @param {Model} model
 * @returns {Set<number>} */
function unshaded(puzzle, answer, model) {
  const [[, columns], shaded] = [model.grid, token(model, "shaded")];
  const stays = (/** @type {number} */ cell) => answer[cell] === puzzle[cell];
  const first = answer.findIndex((one) => one !== shaded);
  const steps = stepsFrom(first, (cell) => answer[cell] !== shaded, model.grid);
  const isBroken = (/** @type {number} */ cell) => {
    if (answer[cell] !== shaded && (!stays(cell) || steps[cell] === Infinity)) return true;
    return answer.some((one, other) => {
      const [down, across] = apart(cell, other, columns);
      if (answer[cell] === shaded) return one === shaded && down + across === 1;
      return other !== cell && one === answer[cell] && stays(other) && (!down || !across);
    });
  };
  return new Set(puzzle.map((_, cell) => cell).filter(isBroken));
}

/** Hitori. Whether a board has an answer is not looked at. @type {Rules} */
const hitori = { solved: without(unshaded), conflicts: unshaded, fault: () => null };

/** Orders of calls at stops (parcels first, then their customers) in which every parcel comes before its customer.
 * @param {number} parcels @returns {number[][]} */
function ordersOf(parcels) {
  /** @type {number[][]} */
  let orders = [[]];
  for (let call = 0; call < 2 * parcels; call++) {
    const all = [...Array(2 * parcels).keys()];
    orders = orders.flatMap((order) =>
      all
        .filter((stop) => !order.includes(stop) && (stop < parcels || order.includes(stop - parcels)))
        .map((stop) => [...order, stop]),
    );
  }
  return orders;
}

/** @param {number[]} puzzle @param {Model} model the cells of the start and of all stops, -1 where there is not one */
function stopsOf(puzzle, model) {
  const names = ["S", ..."abc", ..."ABC"].filter((symbol) => model.line.includes(symbol));
  return names.map((symbol) => {
    const found = puzzle.flatMap((one, cell) => (model.line[one] === symbol ? [cell] : []));
    return found.length === 1 ? found[0] : -1;
  });
}

/** @param {number[]} puzzle @param {Model} model */
function undeliverable(puzzle, model) {
  const stops = stopsOf(puzzle, model);
  if (stops.includes(-1)) return true;
  const steps = stepsFrom(stops[0], (cell) => model.names[puzzle[cell]] !== "wall", model.grid);
  return stops.some((cell) => steps[cell] === Infinity);
}

/** Stops that are called at twice, too early or in an order that is too long, cells that are not as given.
 * @param {number[]} puzzle @param {number[]} answer @param {Model} model @returns {Set<number>} */
function misdelivered(puzzle, answer, model) {
  if (undeliverable(puzzle, model)) return new Set(puzzle.keys());
  const [start, ...stops] = stopsOf(puzzle, model);
  const parcels = stops.length / 2;
  const call = (/** @type {number} */ cell) => Number(/^call (\d)$/.exec(model.names[answer[cell]])?.[1] ?? 0);
  const isStop = (/** @type {number} */ cell) => stops.includes(cell);
  const isWrong = (/** @type {number} */ cell) => (isStop(cell) ? !call(cell) : answer[cell] !== puzzle[cell]);
  const found = new Set([...puzzle.keys()].filter(isWrong));
  stops.forEach((cell, stop) => {
    const [from, to] = [stops[stop % parcels], stops[(stop % parcels) + parcels]];
    const isTwice = stops.some((other) => other !== cell && answer[other] === answer[cell]);
    if (isTwice || answer[from] >= answer[to]) found.add(cell);
  });
  if (found.size) return found;
  const isOpen = (/** @type {number} */ cell) => model.names[puzzle[cell]] !== "wall";
  const steps = new Map([start, ...stops].map((cell) => [cell, stepsFrom(cell, isOpen, model.grid)]));
  const length = (/** @type {number[]} */ cells) =>
    cells.reduce((sum, cell, at) => sum + (steps.get(at ? cells[at - 1] : start)?.[cell] ?? 0), 0);
  const taken = length([...stops].sort((one, other) => call(one) - call(other)));
  const least = Math.min(...ordersOf(parcels).map((order) => length(order.map((stop) => stops[stop]))));
  return new Set(taken > least ? stops : []);
}

/** Delivery. @type {Rules} */
const delivery = {
  solved: without(misdelivered),
  conflicts: misdelivered,
  fault: (puzzle, model) =>
    undeliverable(puzzle, model) ? { cell: -1, words: "every stop is wanted once, with a way to it" } : null,
};

/** @type {Record<string, Rules>} */
export const FAMILIES = { "lights-out": lightsOut, futoshiki, queens, hitori, delivery };
