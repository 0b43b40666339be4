// The shapes that the modules hand to one another. A token is a number; a board is its tokens, row by row.

/** @typedef {object} Model model.json: all that the page knows of its model (hrm/export/page.py writes it)
 * @property {string} title @property {string} about @property {string} measured
 * @property {[number, number]} grid rows, columns @property {string[]} symbols token -> what a cell shows
 * @property {string[]} names token -> what a screen reader says @property {string[]} line token -> its letter in a text
 * @property {Record<string, number>} typed character -> token, of all that a person may write
 * @property {string} skipped characters between cells that mean nothing
 * @property {number} blank the token of an empty cell @property {number[]} keys tokens that may be put into one
 * @property {number[] | null} open tokens of cells that are to be filled in; null: nobody knows
 * @property {{name: string, units: number[][], box: [number, number], fewest: number} | null} rules units: rows, then
 * columns, then boxes (of a family of boards: families.js); box: rows and columns of one; fewest: givens below which
 * there are always several solutions
 * @property {Symmetry[]} symmetries drawn at random, one for each further attempt
 * @property {Graph[]} graphs what the first of them does not solve goes on to the next
 * @property {{name: string, puzzle: string, kind: "known" | "hard" | "random"}[]} puzzles
 * @property {Record<"module" | "wasm", {url: string, integrity: string}>} runtime */

/** @typedef {{name: string, file: string, starts: string, states: State[], has_puzzle_ids: boolean, segments: number,
 * attempts: number}} Graph one segment of a model; segments of an attempt, and attempts, that are usual for it */
/** @typedef {{name: string, shape: number[], length: number, draws: number}} State length: of what repeats to fill its
 * start; draws: 0, or the bound of whole numbers that are drawn for further attempts */
/** @typedef {{cells: number[], tokens: number[], back: number[]}} Symmetry place -> the cell that moves there; token ->
 * its new name; back: place -> where its cell has moved */
/** @typedef {{halt: "rules" | "certainty", threshold: number | null, segments: number, attempts: number}} Settings */
/** @typedef {{cell: number, words: string}} Fault cell: -1 where it is the whole board's */
/** @typedef {{by: number, attempt: number, segment: number, answer: number[], alive: number[][] | null, ms: number,
 * certainty: number, drift: number, solved: boolean | null}} Frame after a segment (from 1) of an attempt (from 0) of
 * graph number by, its symmetry undone; alive: tokens still possible in each cell, null where a model keeps no such
 * list; drift: share of the state that moved; solved: by the rules, null where there are none */
/** @typedef {(puzzle: number[], answer: number[], model: Model) => any} Judge */
/** @typedef {{solved: Judge, conflicts: Judge, fault(puzzle: number[], model: Model): Fault | null}} Rules */

export {};
