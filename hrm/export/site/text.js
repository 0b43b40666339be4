// Puzzles as people write them.

/** @typedef {import("./types.js").Model} Model */

/** A board out of a line or several, with or without a frame; or the fault that makes it none.
 * @param {string} text @param {Model} model @returns {{board: number[]} | {fault: import("./types.js").Fault}} */
export function read(text, model) {
  const [[rows, columns], board] = [model.grid, /** @type {number[]} */ ([])];
  const last = rows * columns - 1;
  for (const [line, row] of text.split(/\r?\n/).entries()) {
    for (const [column, character] of [...row].entries()) {
      const token = model.typed[character];
      if (token !== undefined) board.push(token);
      else if (!model.skipped.includes(character)) {
        const known = model.keys.map((key) => model.line[key]).join(" ");
        const words = `line ${line + 1}, column ${column + 1}: '${character}' is no symbol of this puzzle (${known})`;
        return { fault: { cell: Math.min(board.length, last), words } };
      }
    }
  }
  if (board.length === last + 1) return { board };
  const words = `${board.length} cells found, but a ${rows} x ${columns} board has ${last + 1}`;
  return { fault: { cell: Math.min(board.length, last), words } };
}

/** @param {number[]} board @param {Model} model */
export const write = (board, model) => board.map((token) => model.line[token]).join("");
