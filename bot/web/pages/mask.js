import { flood } from "./flood.js";
import { History } from "./history.js";

const TINT = [255, 45, 135];
const SELECTED = 128;

/**
 * The region: where the canvas is opaque, the picture is repainted.
 *
 * Strokes are drawn at once, and belong to the region when they are settled; until then they can be reverted.
 */
export class Mask {
  #canvas;
  #context;
  #alpha;
  #unsettled = null;
  #history = new History();
  #onChange;

  /** `onChange` is called after every settled change. */
  constructor(canvas, onChange) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.#alpha = new Uint8Array(canvas.width * canvas.height);
    this.#onChange = onChange;
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  get isEmpty() {
    return !this.#alpha.some((alpha) => alpha >= SELECTED);
  }

  /** Begin with a picture of white on black. */
  load(image) {
    const { width, height } = this.#canvas;
    this.#context.drawImage(image, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    this.#put(this.#whole(), this.#alpha.map((_, place) => data[4 * place]));
    this.#onChange();
  }

  /** Draw a line with round ends, or a dot where both points are one. `width` is in pixels of the canvas. */
  stroke(from, to, width, erases) {
    const context = this.#context;
    context.globalCompositeOperation = erases ? "destination-out" : "source-over";
    context.fillStyle = context.strokeStyle = `rgb(${TINT})`;
    context.lineWidth = width;
    context.beginPath();
    context.arc(to.x, to.y, width / 2, 0, 2 * Math.PI);
    context.fill();
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
    this.#touch([from, to], width / 2);
  }

  /** Paint all that a closed line goes around. */
  enclose(points) {
    const context = this.#context;
    context.globalCompositeOperation = "source-over";
    context.fillStyle = `rgb(${TINT})`;
    context.beginPath();
    points.forEach(({ x, y }) => context.lineTo(x, y));
    context.fill();
    this.#touch(points, 0);
  }

  /** Make what was drawn since the last call part of the region. */
  settle() {
    const box = this.#unsettled;
    this.#unsettled = null;
    if (box === null || box.left >= box.right || box.top >= box.bottom) {
      return;
    }
    const { data } = this.#context.getImageData(box.left, box.top, box.right - box.left, box.bottom - box.top);
    this.#change(box, new Uint8Array(data.length / 4).map((_, place) => data[4 * place + 3]));
  }

  /** Take away what was drawn and not settled. */
  revert() {
    this.#unsettled = null;
    this.#show(this.#whole(), this.#alpha);
  }

  /** Fill the area around a point up to what is painted; nothing where the point itself is painted. */
  fill(point) {
    const { width, height } = this.#canvas;
    const [x, y] = [Math.floor(point.x), Math.floor(point.y)];
    if (x < 0 || y < 0 || x >= width || y >= height) {
      return;
    }
    const filled = this.#alpha.slice();
    const box = flood(filled, width, height, x, y);
    if (box !== null) {
      this.#change(box, this.#cut(box, filled));
    }
  }

  invert() {
    this.#change(this.#whole(), this.#alpha.map((alpha) => 255 - alpha));
  }

  clear() {
    this.#change(this.#whole(), new Uint8Array(this.#alpha.length));
  }

  undo() {
    this.#history.undo((patch) => this.#swap(patch));
    this.#onChange();
  }

  redo() {
    this.#history.redo((patch) => this.#swap(patch));
    this.#onChange();
  }

  /** Return the region as a PNG of the canvas's size, white on black. */
  toPng() {
    const { width, height } = this.#canvas;
    const sheet = document.createElement("canvas");
    [sheet.width, sheet.height] = [width, height];
    const image = new ImageData(width, height);
    this.#alpha.forEach((alpha, place) => {
      const light = alpha >= SELECTED ? 255 : 0;
      setPixel(image.data, place, light, light, light, 255);
    });
    sheet.getContext("2d").putImageData(image, 0, 0);
    return new Promise((resolve) => sheet.toBlob(resolve, "image/png"));
  }

  #whole() {
    return { left: 0, top: 0, right: this.#canvas.width, bottom: this.#canvas.height };
  }

  /** Widen the unsettled box by points with `margin` pixels around them. */
  #touch(points, margin) {
    const { width, height } = this.#canvas;
    const box = this.#unsettled ?? { left: width, top: height, right: 0, bottom: 0 };
    for (const { x, y } of points) {
      box.left = Math.min(box.left, Math.max(0, Math.floor(x - margin)));
      box.top = Math.min(box.top, Math.max(0, Math.floor(y - margin)));
      box.right = Math.max(box.right, Math.min(width, Math.ceil(x + margin)));
      box.bottom = Math.max(box.bottom, Math.min(height, Math.ceil(y + margin)));
    }
    this.#unsettled = box;
  }

  #change(box, alpha) {
    this.#history.record({ box, alpha: this.#cut(box, this.#alpha) });
    this.#put(box, alpha);
    this.#onChange();
  }

  #swap({ box, alpha }) {
    const replaced = { box, alpha: this.#cut(box, this.#alpha) };
    this.#put(box, alpha);
    return replaced;
  }

  /** Return the part of a whole alpha that lies in a box. */
  #cut(box, alpha) {
    const width = box.right - box.left;
    const part = new Uint8Array(width * (box.bottom - box.top));
    for (let y = box.top; y < box.bottom; y++) {
      const start = y * this.#canvas.width + box.left;
      part.set(alpha.subarray(start, start + width), (y - box.top) * width);
    }
    return part;
  }

  #put(box, alpha) {
    const width = box.right - box.left;
    for (let y = box.top; y < box.bottom; y++) {
      const start = (y - box.top) * width;
      this.#alpha.set(alpha.subarray(start, start + width), y * this.#canvas.width + box.left);
    }
    this.#show(box, alpha);
  }

  #show(box, alpha) {
    const image = new ImageData(box.right - box.left, box.bottom - box.top);
    const [red, green, blue] = TINT;
    alpha.forEach((opacity, place) => setPixel(image.data, place, red, green, blue, opacity));
    this.#context.putImageData(image, box.left, box.top);
  }
}

function setPixel(data, place, red, green, blue, alpha) {
  data[4 * place] = red;
  data[4 * place + 1] = green;
  data[4 * place + 2] = blue;
  data[4 * place + 3] = alpha;
}
