// The board: cells that are seen, tapped, typed into and read aloud.
import { RULES, cellName } from "./rules.js";

/** @typedef {import("./types.js").Model} Model */

export class Board {
  at = 0; // the chosen cell

  /** @param {HTMLElement} element @param {Model} model @param {(cell: number, token: number) => void} put */
  constructor(element, model, put) {
    const [[rows, columns], [down, across]] = [model.grid, model.rules?.box ?? model.grid];
    this.model = model;
    element.style.setProperty("--columns", String(columns));
    this.cells = Array.from({ length: rows * columns }, (_, cell) => {
      const one = document.createElement("div");
      one.setAttribute("role", "gridcell");
      one.onfocus = () => this.choose(cell);
      one.onpointerdown = () => one.focus();
      one.classList.toggle("boxed", (cell + 1) % across === 0 && (cell + 1) % columns > 0);
      one.classList.toggle("below", (Math.floor(cell / columns) + 1) % down === 0 && cell + columns < rows * columns);
      return one;
    });
    for (let row = 0; row < rows; row++) {
      const line = element.appendChild(document.createElement("div"));
      line.setAttribute("role", "row");
      line.append(...this.cells.slice(row * columns, (row + 1) * columns));
    }
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    element.onkeydown = (event) => {
      const token = ["Backspace", "Delete"].includes(event.key) ? model.blank : model.typed[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey || (!steps[event.key] && token === undefined)) return;
      event.preventDefault();
      if (token === undefined) this.cells[this.at + steps[event.key]]?.focus();
      else put(this.at, token);
    };
    this.choose(0);
  }

  /** @param {number} cell */
  choose(cell) {
    this.at = cell;
    this.cells.forEach((one, index) => (one.tabIndex = index === cell ? 0 : -1)); // Tab goes to the board, and past it
  }

  /** The puzzle, or an answer to it, with what has changed since the frame before.
   * @param {number[]} puzzle @param {import("./types.js").Frame} [frame] @param {number[]} [before] */
  show(puzzle, frame, before) {
    const [{ model }, seen] = [this, frame?.answer ?? puzzle];
    const isWhole = frame || model.rules?.name === "sudoku"; // a maze without its path breaks no rule yet
    const broken = isWhole && model.rules ? RULES[model.rules.name].conflicts(puzzle, seen, model) : new Set();
    this.cells.forEach((one, cell) => {
      const token = seen[cell];
      const given = model.open ? !model.open.includes(puzzle[cell]) : puzzle[cell] === token;
      const left = frame?.alive?.[cell] ?? [token]; // of a cell with several candidates all are shown
      const [several, changed] = [left.length > 1, before !== undefined && before[cell] !== token];
      const marks = { given, changed: changed && !several, conflict: broken.has(cell) && !several, several };
      const told = Object.entries(marks).flatMap(([name, is]) => (one.classList.toggle(name, is) ? [name] : []));
      one.textContent = left.map((other) => model.symbols[other]).join("");
      one.dataset.kind = model.names[token];
      one.setAttribute("aria-label", [`${cellName(cell, model.grid[1])}: ${model.names[token]}`, ...told].join(", "));
    });
  }

  /** Words beside their cell. @param {HTMLElement} words @param {import("./types.js").Fault | null} fault */
  blame(words, fault) {
    const cell = this.cells[Math.max(0, fault?.cell ?? 0)];
    this.cells.forEach((one) => one.toggleAttribute("aria-invalid", one === cell && (fault?.cell ?? -1) >= 0));
    words.hidden = !fault;
    words.textContent = fault?.words ?? "";
    words.style.left = `clamp(0px, ${cell.offsetLeft}px, max(0px, 100% - 16rem))`;
    words.style.top = `${fault?.cell === -1 ? 0 : cell.offsetTop + cell.offsetHeight + 6}px`;
  }
}
