// The page: what a person does becomes a puzzle for the worker, and what the worker thinks becomes a film.
import { Board } from "./board.js";
import { byId, Player } from "./player.js";
import { RULES } from "./rules.js";
import { read, write } from "./text.js";

/** @type {import("./types.js").Model} */
const model = await (await fetch("model.json")).json();
const count = (/** @type {number} */ n, what = "segment") => `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
/** @type {HTMLInputElement[]} */
const fields = ["halt", "certain", "segments", "attempts"].map((id) => byId(id));

/** @type {number[]} */
let puzzle = Array(model.grid[0] * model.grid[1]).fill(model.blank);
let request = 0;
const player = new Player(show);
const board = new Board(byId("board"), model, (cell, token) => edit(puzzle.with(cell, token)));
const worker = new Worker("think.js", { type: "module" });
worker.onmessage = ({ data }) => hear(data);
worker.onerror = () => hear({ error: "this browser cannot run the worker" });
worker.postMessage({ id: 0, model });

function tell(words = "", kind = "") {
  byId("verdict").textContent = words;
  byId("verdict").className = kind;
}

/** @param {number} at */
function show(at) {
  const [frame, before] = [player.frames[at - 1], player.frames[at - 2]];
  const isSame = before?.attempt === frame?.attempt && before?.by === frame?.by;
  board.show(puzzle, frame, isSame ? before?.answer : undefined);
  const by = frame?.by ? `${model.graphs[frame.by].name} takes over: ` : "";
  const attempt = frame?.attempt ? `attempt ${frame.attempt + 1}, under a symmetry, ` : "";
  const seen = frame && `${percent(frame.certainty)} certain, drift ${percent(frame.drift)}`;
  byId("caption").textContent = frame ? `${by}${attempt}segment ${frame.segment}: ${seen}` : "the puzzle";
}

/** What is wrong, told beside its cell. @param {import("./types.js").Fault?} fault */
function blame(fault) {
  board.blame(byId("fault"), fault);
  if (fault) tell(`Not a puzzle yet: ${fault.words}.`, "wrong");
}

const faultOf = () => model.rules && RULES[model.rules.name].fault(puzzle, model);

/** Another puzzle on the board; nobody thinks about it yet. @param {number[]} other */
function edit(other) {
  [puzzle, player.frames, player.isComing] = [other, [], false];
  worker.postMessage({ id: ++request }); // whatever it thinks about, it is over
  tell("Press think.");
  player.go(0);
  const fault = faultOf();
  blame(fault && fault.cell >= 0 ? fault : null); // what lacks may still come
}

/** The address of this puzzle and these settings: behind the #, so that no server is ever told. */
function link() {
  const told = fields.filter((field) => field.value && field.value !== field.dataset.usual);
  const named = told.map((field) => [field.id, field.value]);
  history.replaceState(null, "", `#${new URLSearchParams([["puzzle", write(puzzle, model)], ...named])}`);
}

function think() {
  const [fault, wrong] = [faultOf(), fields.find((field) => !field.reportValidity())];
  blame(fault);
  if (fault || wrong) return;
  [player.frames, player.isComing] = [[], true];
  tell("Thinking ...");
  link();
  const [halt, certain, segments, attempts] = fields.map((field) => field.value);
  const settings = { halt, threshold: certain ? +certain / 100 : null, segments: +segments, attempts: +attempts };
  worker.postMessage({ id: ++request, puzzle, settings });
  if (!isStill) player.play(0);
}

/** A puzzle as text, thought about at once. @param {string} text */
function take(text) {
  const found = read(text, model);
  if ("fault" in found) return blame(found.fault);
  edit(found.board);
  think();
}

/** @param {any} said by the worker */
function hear({ id, error, frame, best, attempts }) {
  if (error) tell(`It cannot think here: ${error}. Without a connection it takes a page made with --vendor.`, "wrong");
  if (id !== request || error) return;
  if (frame) player.frames.push(frame);
  if (frame && isStill) player.go(player.frames.length);
  else player.draw();
  if (!best) return;
  player.isComing = false;
  const [all, ms] = [player.frames.length, player.frames.reduce((sum, one) => sum + one.ms, 0)];
  const of = attempts > 1 ? `${count(all)} in ${count(attempts, "attempt")}` : count(all);
  const isOpen = best.solved === null; // nobody can tell
  const end = isOpen ? "Answered (no rules here to check it by)" : best.solved ? "Solved" : "Not solved,";
  const by = best.by ? ` by ${model.graphs[best.by].name}` : "";
  const words = `${end}${by} after ${of}, ${Math.round(ms)} ms; ${percent(best.certainty)} certain.`;
  tell(words, isOpen || best.solved ? "right" : "wrong");
  byId("verdict").dataset.answer = write(best.answer, model);
}

function fromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  for (const field of fields) {
    field.value = given.get(field.id) ?? field.dataset.usual ?? "";
    if (!field.value || !field.checkValidity()) field.value = field.dataset.usual ?? "";
  }
  take(given.get("puzzle") ?? model.puzzles[0].puzzle);
}

for (const id of /** @type {const} */ (["title", "about", "measured"])) byId(id).textContent = model[id];
document.title = model.title;
byId("rules").disabled = !model.rules;
byId("attempts").max = String(1 + model.symmetries.length);
const usual = [model.rules ? "rules" : "certainty", "", model.graphs[0].segments, model.graphs[0].attempts];
fields.forEach((field, index) => (field.dataset.usual = String(usual[index])));
for (const token of model.keys) {
  const key = byId("keys").appendChild(document.createElement("button"));
  key.textContent = model.names[token] === "blank" ? "⌫" : model.symbols[token].trim() || "·";
  key.setAttribute("aria-label", model.names[token]);
  key.onclick = () => [(byId("text").value = ""), edit(puzzle.with(board.at, token))];
}
const known = model.puzzles.filter(({ kind }) => kind === "known");
byId("known").append(...known.map(({ name, puzzle: text }) => new Option(name, text)));
byId("known").hidden = !known.length;
for (const kind of ["hard", "random"]) {
  const own = model.puzzles.filter((one) => one.kind === kind);
  byId(kind).hidden = !own.length;
  byId(kind).onclick = () => take(own[Math.floor(Math.random() * own.length)].puzzle);
}
for (const id of ["known", "text"]) byId(id).onchange = () => byId(id).value.trim() && take(byId(id).value);
byId("think").onclick = () => {
  const found = byId("text").value.trim() && read(byId("text").value, model);
  if (found && "fault" in found) blame(found.fault); // what stands in the box is not what would be thought about
  else think();
};
byId("empty").onclick = () => [(byId("text").value = ""), edit(puzzle.map(() => model.blank))];
byId("share").onclick = () => [link(), navigator.clipboard?.writeText(location.href)];
document.onpaste = (event) => event.target === byId("text") || take(event.clipboardData?.getData("text") ?? "");
onhashchange = fromAddress;
fromAddress();
