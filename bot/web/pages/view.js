const MOST_ZOOM = 12;
const MARGIN = 12;

/** Position and scale of the sheet on the stage, applied as a CSS transform so that the canvas is not redrawn. */
export class View {
  #stage;
  #sheet;
  #width;
  #height;
  #x = 0;
  #y = 0;
  #isFitted = true;

  /** Screen pixels per sheet pixel. */
  scale = 1;

  /** `width` and `height` are the sheet's size in its own pixels. */
  constructor(stage, sheet, width, height) {
    [this.#stage, this.#sheet, this.#width, this.#height] = [stage, sheet, width, height];
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
    new ResizeObserver(() => (this.#isFitted ? this.fit() : this.zoom(1))).observe(stage);
  }

  /** Scale and centre the sheet so that all of it is visible. */
  fit() {
    this.scale = this.#fittingScale();
    this.#isFitted = true;
    this.#place(0, 0);
  }

  /** Zoom by a factor, and move the sheet point at the window point `from` to the window point `to`. */
  zoom(factor, from = this.#middle(), to = from) {
    const { left, top } = this.#stage.getBoundingClientRect();
    const fitting = this.#fittingScale();
    const scale = Math.min(Math.max(this.scale * factor, fitting / 2), MOST_ZOOM * Math.max(1, fitting));
    const change = scale / this.scale;
    this.scale = scale;
    this.#isFitted = false;
    this.#place(to.x - left - (from.x - left - this.#x) * change, to.y - top - (from.y - top - this.#y) * change);
  }

  /** Convert window coordinates to sheet coordinates. */
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

  /** Move the sheet's top left corner near a point: a small sheet is centred, a large one stays in reach. */
  #place(x, y) {
    this.#x = clampStart(x, this.#width * this.scale, this.#stage.clientWidth);
    this.#y = clampStart(y, this.#height * this.scale, this.#stage.clientHeight);
    this.#sheet.style.transform = `translate(${this.#x}px, ${this.#y}px) scale(${this.scale})`;
    this.#sheet.style.setProperty("--screen-pixel", `${1 / this.scale}px`);
  }
}

function clampStart(start, length, available) {
  if (length <= available) {
    return (available - length) / 2;
  }
  // Up to half the stage may stay empty, so that a thumb can reach the edge of the picture.
  return Math.min(Math.max(start, available / 2 - length), available / 2);
}
