const MOST_BYTES = 128 * 1024 * 1024;

/** What was changed, for undo and redo: boxes of pixels as they were, the oldest forgotten when they are too many. */
export class History {
  #done = [];
  #undone = [];

  /** Remember a box and the alpha that was in it. */
  record(patch) {
    this.#undone = [];
    this.#done.push(patch);
    let bytes = this.#done.reduce((sum, { alpha }) => sum + alpha.length, 0);
    while (bytes > MOST_BYTES && this.#done.length > 1) {
      bytes -= this.#done.shift().alpha.length;
    }
  }

  /** Give the newest patch to `swap`, which puts it in place and returns what it has replaced. */
  undo(swap) {
    if (this.canUndo) {
      this.#undone.push(swap(this.#done.pop()));
    }
  }

  /** Do again what was undone last, in the same way. */
  redo(swap) {
    if (this.canRedo) {
      this.#done.push(swap(this.#undone.pop()));
    }
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }
}
