// The worker that thinks: it holds the runtime and the graphs of a segment, and sends a frame after every segment.
import { RULES } from "./rules.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Frame} Frame */
/** @typedef {import("./types.js").Graph} Graph */

/** @type {Promise<{ort: any, model: Model}>} */
let loading;
let current = 0; // the number of the request that is thought about
/** @type {Map<Graph, {session: any, starts: Float32Array}>} */
const opened = new Map();

/** A file whose bytes are those that were pinned, or none. @param {string} url */
async function bytes(url, integrity = "") {
  const answer = await fetch(new URL(url, location.href), { integrity });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

/** @param {Model} model */
async function load(model) {
  const { module, wasm } = model.runtime;
  const files = [module, wasm].map(({ url, integrity }) => bytes(url, integrity));
  const [code, wasmBinary] = await Promise.all(files);
  const ort = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  Object.assign(ort.env.wasm, { wasmBinary, numThreads: 1 }); // more need headers that a static host does not send
  await open(ort, model.graphs[0]);
  return { ort, model };
}

/** A graph, fetched when it is first wanted. @param {any} ort @param {Graph} graph */
async function open(ort, graph) {
  const [file, starts] = opened.has(graph) ? [] : await Promise.all([bytes(graph.file), bytes(graph.starts)]);
  const options = { executionProviders: ["wasm"], extra: { session: { disable_quant_qdq: "1" } } }; // float32 at once
  if (file && starts) {
    const session = await ort.InferenceSession.create(new Uint8Array(file), options);
    opened.set(graph, { session, starts: new Float32Array(starts) });
  }
  return /** @type {{session: any, starts: Float32Array}} */ (opened.get(graph));
}

/** The states that an attempt starts from; luck is drawn, but for the first one, whose guesses are the surest.
 * @param {any} ort @param {Graph} graph @param {Float32Array} starts @param {number} attempt @returns {any} by name */
function firstStates(ort, graph, starts, attempt) {
  let [offset, luck] = [0, 1009 * attempt];
  const named = graph.states.map(({ name, shape, length, draws }) => {
    const [own, size] = [starts.subarray(offset, (offset += length)), shape.reduce((a, b) => a * b)];
    const next = () => BigInt((luck = (16807 * luck) % draws)); // Lehmer's generator, with another multiplier
    if (draws) return [name, new ort.Tensor("int64", BigInt64Array.from({ length: size }, next), [1, ...shape])];
    const values = Float32Array.from({ length: size }, (_, index) => own[index % length]);
    return [name, new ort.Tensor("float32", values, [1, ...shape])];
  });
  return Object.fromEntries(named);
}

/** The attempts at a puzzle, segment by segment; after an answer that obeys the rules there is no other one, and what
 * a model does not solve goes on to the next (hrm/inference/attempts.py, making.py). @param {number[]} puzzle
 * @param {import("./types.js").Settings} settings @returns {AsyncGenerator<{frame: Frame, halted: boolean}>} */
async function* think(puzzle, settings) {
  const { ort, model } = await loading;
  const int64 = (/** @type {number[]} */ values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt));
  const rules = model.rules && RULES[model.rules.name];
  let isOver = false;
  for (const [by, graph] of model.graphs.entries()) {
    const { segments, attempts } = by ? graph : settings;
    for (let attempt = 0; attempt < Math.min(attempts, 1 + model.symmetries.length) && !isOver; attempt++) {
      const { session, starts } = await open(ort, graph);
      const symmetry = attempt ? model.symmetries[attempt - 1] : null;
      const seen = symmetry ? symmetry.cells.map((cell) => symmetry.tokens[puzzle[cell]]) : puzzle;
      const ids = graph.has_puzzle_ids && { puzzle_ids: int64([0]) };
      const place = (/** @type {number} */ cell) => (symmetry ? symmetry.back[cell] : cell);
      const named = (/** @type {number} */ token) => (symmetry ? symmetry.tokens.indexOf(token) : token);
      let feed = { inputs: int64(seen).reshape([1, seen.length]), ...ids, ...firstStates(ort, graph, starts, attempt) };
      for (let segment = 1, halted = false; !halted; segment++) {
        const start = performance.now();
        const out = await session.run(feed);
        const ms = performance.now() - start;
        const [V, left] = [model.symbols.length, out.next_alive?.data];
        const answer = puzzle.map((_, cell) => named(Number(out.answer.data[place(cell)])));
        const possible = (/** @type {number} */ first) =>
          model.symbols.flatMap((_, token) => (left[first + token] > 0 ? [named(token)] : []));
        const alive = left ? puzzle.map((_, cell) => possible(place(cell) * V).sort((a, b) => a - b)) : null;
        const [certainty, drift] = [out.certainty.data[0], out.drift.data[0]];
        const solved = rules ? rules.solved(puzzle, answer, model) : null;
        const wants = settings.threshold === null ? out.wants_to_halt.data[0] : certainty >= settings.threshold;
        const isStuck = out.is_stuck?.data[0] || segment >= segments; // given up, by itself or by us
        halted = !!(isStuck || (settings.halt === "rules" || by ? solved : wants));
        isOver = halted && solved === true;
        yield { frame: { by, attempt, segment, answer, alive, certainty, drift, solved, ms }, halted };
        for (const { name } of graph.states) feed = { ...feed, [name]: out[`next_${name}`] };
      }
    }
  }
}

/** The attempt whose answer to give: the one that is solved, else the surest; without rules the most frequent answer,
 * of equally frequent ones that with the higher mean certainty. @param {Frame[]} ended @returns {Frame} */
function chosen(ended) {
  const worth = ended.map((one) => {
    const same = ended.filter((other) => `${other.answer}` === `${one.answer}`);
    if (one.solved !== null) return one.solved ? 2 : one.certainty;
    return same.reduce((sum, { certainty }) => sum + 1000 + certainty, 1e-6 * one.certainty);
  });
  return ended[worth.indexOf(Math.max(...worth))];
}

/** @param {{id: number, model?: Model, puzzle?: number[], settings?: any}} request */
async function answer({ id, model, puzzle, settings }) {
  if (model) loading = load(model);
  if (model) return postMessage({ id, isReady: !!(await loading) });
  if (!puzzle) return; // whatever was thought about is over
  /** @type {Frame[]} */
  const ended = [];
  let breath = performance.now();
  for await (const { frame, halted } of think(puzzle, settings)) {
    if (halted) ended.push(frame);
    postMessage({ id, frame });
    if (performance.now() - breath > 30) breath = await new Promise((go) => setTimeout(() => go(performance.now())));
    if (id !== current) return; // another request has come
  }
  const last = ended.filter(({ by }) => by === ended[ended.length - 1].by); // of the model that had the last word
  postMessage({ id, best: chosen(last), attempts: ended.length });
}

onmessage = ({ data }) => {
  current = data.id;
  answer(data).catch((error) => postMessage({ id: data.id, error: String(error.message ?? error) }));
};
