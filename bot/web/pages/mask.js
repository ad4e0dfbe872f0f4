import { flood } from "./flood.js";
import { History } from "./history.js";

const TINT = [255, 45, 135];
const SELECTED = 128;

/**
 * The mask: the picture is repainted where the canvas is opaque.
 *
 * Strokes are drawn at once, and become part of the mask with `settle`; until then `revert` removes them.
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

  /** Load the mask from an image, white = repaint on black. */
  load(image) {
    const { width, height } = this.#canvas;
    this.#context.drawImage(image, 0, 0, width, height);
    const { data } = this.#context.getImageData(0, 0, width, height);
    this.#put(this.#whole(), this.#alpha.map((_, index) => data[4 * index]));
    this.#onChange();
  }

  /** Draw a line with round ends, or a dot if both points are equal. `width` is in canvas pixels. */
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

  /** Fill the polygon with these corners. */
  enclose(points) {
    const context = this.#context;
    context.globalCompositeOperation = "source-over";
    context.fillStyle = `rgb(${TINT})`;
    context.beginPath();
    points.forEach(({ x, y }) => context.lineTo(x, y));
    context.fill();
    this.#touch(points, 0);
  }

  /** Add the strokes since the last call to the mask, as one undo step. */
  settle() {
    const box = this.#unsettled;
    this.#unsettled = null;
    if (box === null || box.left >= box.right || box.top >= box.bottom) {
      return;
    }
    const { data } = this.#context.getImageData(box.left, box.top, box.right - box.left, box.bottom - box.top);
    this.#change(box, new Uint8Array(data.length / 4).map((_, index) => data[4 * index + 3]));
  }

  /** Remove the strokes that were not settled. */
  revert() {
    this.#unsettled = null;
    this.#show(this.#whole(), this.#alpha);
  }

  /** Flood-fill the unpainted area around a point; do nothing if the point is painted. */
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

  /** Return the mask as a PNG blob of the canvas's size, white = repaint on black. */
  toPng() {
    const { width, height } = this.#canvas;
    const output = document.createElement("canvas");
    [output.width, output.height] = [width, height];
    const image = new ImageData(width, height);
    this.#alpha.forEach((alpha, index) => {
      const light = alpha >= SELECTED ? 255 : 0;
      setPixel(image.data, index, light, light, light, 255);
    });
    output.getContext("2d").putImageData(image, 0, 0);
    return new Promise((resolve) => output.toBlob(resolve, "image/png"));
  }

  #whole() {
    return { left: 0, top: 0, right: this.#canvas.width, bottom: this.#canvas.height };
  }

  /** Extend the box of unsettled changes to these points and `margin` pixels around each. */
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

  /** Return the alpha values inside a box; `alpha` covers the whole canvas. */
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
    alpha.forEach((opacity, index) => setPixel(image.data, index, red, green, blue, opacity));
    this.#context.putImageData(image, box.left, box.top);
  }
}

function setPixel(data, index, red, green, blue, alpha) {
  data[4 * index] = red;
  data[4 * index + 1] = green;
  data[4 * index + 2] = blue;
  data[4 * index + 3] = alpha;
}
