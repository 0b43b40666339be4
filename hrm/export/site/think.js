// The worker that thinks: it holds the runtime and the graph of one segment, and sends a frame after every segment.
import { RULES } from "./rules.js";

/** @typedef {import("./types.js").Model} Model @typedef {import("./types.js").Frame} Frame */
/** @typedef {{ort: any, session: any, starts: Float32Array, model: Model}} Loaded */

/** @type {Promise<Loaded>} */
let loading;
let current = 0; // the number of the request that is thought about

/** A file whose bytes are those that were pinned, or none. @param {string} url */
async function bytes(url, integrity = "") {
  const answer = await fetch(new URL(url, location.href), { integrity });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

/** @param {Model} model @returns {Promise<Loaded>} */
async function load(model) {
  const { module, wasm } = model.runtime;
  const pinned = [module, wasm].map(({ url, integrity }) => bytes(url, integrity));
  const files = [...pinned, bytes(model.graph.file), bytes(model.graph.starts)];
  const [code, wasmBinary, graph, starts] = await Promise.all(files);
  const ort = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  Object.assign(ort.env.wasm, { wasmBinary, numThreads: 1 }); // more need headers that a static host does not send
  const options = { executionProviders: ["wasm"], extra: { session: { disable_quant_qdq: "1" } } }; // float32 at once
  const session = await ort.InferenceSession.create(new Uint8Array(graph), options);
  return { ort, session, starts: new Float32Array(starts), model };
}

/** The states that a puzzle starts from, by name. @param {Loaded} loaded @returns {Record<string, any>} */
function firstStates({ ort, starts, model }) {
  let offset = 0;
  const named = model.graph.states.map(({ name, shape, length }) => {
    const own = starts.subarray(offset, (offset += length));
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) => own[index % length]);
    return [name, new ort.Tensor("float32", values, [1, ...shape])];
  });
  return Object.fromEntries(named);
}

/** The attempts at a puzzle, segment by segment; after an answer that obeys the rules there is no other one
 * (hrm/inference/attempts.py). @param {number[]} puzzle @param {import("./types.js").Settings} settings
 * @returns {AsyncGenerator<{frame: Frame, halted: boolean}>} */
async function* think(puzzle, settings) {
  const { ort, session, model } = await loading;
  const int64 = (/** @type {number[]} */ values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt));
  const rules = model.rules && RULES[model.rules.name];
  const attempts = Math.min(settings.attempts, 1 + model.symmetries.length);
  for (let attempt = 0, isOver = false; attempt < attempts && !isOver; attempt++) {
    const symmetry = attempt ? model.symmetries[attempt - 1] : null;
    const seen = symmetry ? symmetry.cells.map((cell) => symmetry.tokens[puzzle[cell]]) : puzzle;
    const ids = model.graph.has_puzzle_ids && { puzzle_ids: int64([0]) };
    let feed = { inputs: int64(seen).reshape([1, seen.length]), ...ids, ...firstStates(await loading) };
    for (let segment = 1, halted = false; !halted; segment++) {
      const start = performance.now();
      const out = await session.run(feed);
      const ms = performance.now() - start;
      const found = Array.from(out.answer.data, Number);
      const answer = symmetry ? symmetry.back.map((cell) => symmetry.tokens.indexOf(found[cell])) : found;
      const [certainty, drift] = [out.certainty.data[0], out.drift.data[0]];
      const solved = rules ? rules.solved(puzzle, answer, model) : null;
      const wants = settings.threshold === null ? out.wants_to_halt.data[0] : certainty >= settings.threshold;
      halted = segment >= settings.segments || !!(settings.halt === "rules" ? solved : wants);
      isOver = halted && solved === true;
      yield { frame: { attempt, segment, answer, certainty, drift, solved, ms }, halted };
      for (const { name } of model.graph.states) feed = { ...feed, [name]: out[`next_${name}`] };
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
  const ended = [];
  let breath = performance.now();
  for await (const { frame, halted } of think(puzzle, settings)) {
    if (halted) ended.push(frame);
    postMessage({ id, frame });
    if (performance.now() - breath > 30) breath = await new Promise((go) => setTimeout(() => go(performance.now())));
    if (id !== current) return; // another request has come
  }
  postMessage({ id, best: chosen(ended), attempts: ended.length });
}

onmessage = ({ data }) => {
  current = data.id;
  answer(data).catch((error) => postMessage({ id: data.id, error: String(error.message ?? error) }));
};
