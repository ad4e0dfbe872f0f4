const ZOOMED_IN = 12;
const MARGIN = 12;

/** Where the sheet lies on the stage, and how large: moved by CSS, so that the pixels stay as they are. */
export class View {
  #stage;
  #sheet;
  #width;
  #height;
  #x = 0;
  #y = 0;
  #isFitted = true;

  /** Pixels of the screen for each pixel of the sheet. */
  scale = 1;

  /** `width` and `height` are the sheet's, in its own pixels. */
  constructor(stage, sheet, width, height) {
    [this.#stage, this.#sheet, this.#width, this.#height] = [stage, sheet, width, height];
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
    new ResizeObserver(() => (this.#isFitted ? this.fit() : this.zoom(1))).observe(stage);
  }

  /** Show the whole sheet. */
  fit() {
    this.scale = this.#fittingScale();
    this.#isFitted = true;
    this.#place(0, 0);
  }

  /** Zoom by a factor, and bring what is shown at one point of the window to another. */
  zoom(factor, from = this.#middle(), to = from) {
    const { left, top } = this.#stage.getBoundingClientRect();
    const fitting = this.#fittingScale();
    const scale = Math.min(Math.max(this.scale * factor, fitting / 2), ZOOMED_IN * Math.max(1, fitting));
    const change = scale / this.scale;
    this.scale = scale;
    this.#isFitted = false;
    this.#place(to.x - left - (from.x - left - this.#x) * change, to.y - top - (from.y - top - this.#y) * change);
  }

  /** Return the point of the sheet that is shown at a point of the window. */
  toSheet({ x, y }) {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: (x - left - this.#x) / this.scale, y: (y - top - this.#y) / this.scale };
  }

  #middle() {
    const { left, top, width, height } = this.#stage.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  }

  #fittingScale() {
    const { clientWidth, clientHeight } = this.#stage;
    return Math.min((clientWidth - 2 * MARGIN) / this.#width, (clientHeight - 2 * MARGIN) / this.#height);
  }

  /** Place the sheet's corner, with the sheet in the middle where it is small, without gaps where it is large. */
  #place(x, y) {
    this.#x = inReach(x, this.#width * this.scale, this.#stage.clientWidth);
    this.#y = inReach(y, this.#height * this.scale, this.#stage.clientHeight);
    this.#sheet.style.transform = `translate(${this.#x}px, ${this.#y}px) scale(${this.scale})`;
    this.#sheet.style.setProperty("--screen-pixel", `${1 / this.scale}px`);
  }
}

function inReach(start, length, room) {
  if (length <= room) {
    return (room - length) / 2;
  }
  // Half the room may stay empty, so that a thumb reaches the edge of the picture.
  return Math.min(Math.max(start, room / 2 - length), room / 2);
}
