const MOST_BYTES = 128 * 1024 * 1024;

/** Undo and redo history: the former pixels of changed boxes, at most 128 MiB; the oldest are dropped first. */
export class History {
  #done = [];
  #undone = [];

  /** Record a patch: a box and the alpha that it had before a change. */
  record(patch) {
    this.#undone = [];
    this.#done.push(patch);
    let bytes = this.#done.reduce((sum, { alpha }) => sum + alpha.length, 0);
    while (bytes > MOST_BYTES && this.#done.length > 1) {
      bytes -= this.#done.shift().alpha.length;
    }
  }

  /** Undo the newest change: `swap` applies its patch and returns the patch that reverts that. */
  undo(swap) {
    if (this.canUndo) {
      this.#undone.push(swap(this.#done.pop()));
    }
  }

  /** Redo the change that was undone last; see `undo`. */
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
