// A film of frames that may still be coming: play, pause, step, a slider, and a chart of certainty and drift.

/** @template {Element} [T=HTMLInputElement] @param {string} id @returns {T} */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));

const [MS_OF_A_FRAME, MS_IN_ALL] = [500, 8000]; // a long film has less for each; chosen by eye

export class Player {
  /** @type {import("./types.js").Frame[]} */
  frames = [];
  isComing = false; // true while there will be more
  at = 0; // number of frames that have gone by: 0 is the puzzle itself
  timer = 0;

  /** @param {(at: number) => void} show */
  constructor(show) {
    this.show = show;
    byId("back").onclick = () => this.go(this.at - 1);
    byId("next").onclick = () => this.go(this.at + 1);
    byId("at").oninput = () => this.go(+byId("at").value);
    byId("play").onclick = () => (this.timer ? this.go(this.at) : this.play(this.at % this.frames.length || 0));
  }

  /** There, and no further. @param {number} at */
  go(at) {
    clearTimeout(this.timer);
    this.timer = 0;
    byId("play").textContent = "play";
    this.at = Math.max(0, Math.min(this.frames.length, at));
    this.draw();
    this.show(this.at);
  }

  /** From there to the end. @param {number} from */
  play(from) {
    this.go(from);
    if (this.at >= this.frames.length && !this.isComing) return;
    const wait = Math.min(MS_OF_A_FRAME, MS_IN_ALL / Math.max(1, this.frames.length));
    this.timer = setTimeout(() => this.play(this.at + 1), wait);
    byId("play").textContent = "pause";
  }

  draw() {
    const num = this.frames.length;
    const x = (/** @type {number} */ at) => ((600 * at) / Math.max(1, num)).toFixed(1);
    byId("at").max = String(num);
    byId("at").value = String(this.at);
    byId("now").setAttribute("d", `M${x(this.at)},0V80`);
    for (const name of /** @type {const} */ (["certainty", "drift"])) {
      const y = this.frames.map((frame) => 80 * (1 - Math.min(1, frame[name])));
      byId(name).setAttribute("points", y.map((value, index) => `${x(index + 1)},${value.toFixed(1)}`).join(" "));
    }
  }
}
