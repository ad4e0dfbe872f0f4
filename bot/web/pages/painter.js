import { listenToGestures } from "./gestures.js";
import { Mask } from "./mask.js";
import { createTools } from "./tools.js";
import { View } from "./view.js";

const ZOOM_STEP = 1.3;
const BRUSH_STEP = 1.2;

const byId = (id) => document.getElementById(id);
const [stage, picture, canvas, cursor] = ["stage", "picture", "mask", "cursor"].map(byId);
const [controls, brushWidth, feather, message] = ["controls", "brush-width", "feather", "message"].map(byId);
const toolButtons = [...document.querySelectorAll("button[data-tool]")];
const actionButtons = [...document.querySelectorAll("button[data-action]")];
// The token is only in the URL, so requests are sent to paths below it.
const address = location.pathname;

const mask = new Mask(canvas, showHistory);
const view = new View(stage, byId("sheet"), canvas.width, canvas.height);
const tools = createTools(mask, document.querySelector("#outline polygon"), () => brushWidth.value / view.scale);

const actions = {
  undo: () => mask.undo(),
  redo: () => mask.redo(),
  invert: () => mask.invert(),
  clear: () => mask.clear(),
  "zoom-in": () => view.zoom(ZOOM_STEP),
  "zoom-out": () => view.zoom(1 / ZOOM_STEP),
  fit: () => view.fit(),
};

const keys = {
  b: () => chooseTool("brush"),
  e: () => chooseTool("eraser"),
  l: () => chooseTool("lasso"),
  f: () => chooseTool("fill"),
  h: () => chooseTool("move"),
  i: actions.invert,
  "[": () => resizeBrush(1 / BRUSH_STEP),
  "]": () => resizeBrush(BRUSH_STEP),
  "+": actions["zoom-in"],
  "=": actions["zoom-in"],
  "-": actions["zoom-out"],
  0: actions.fit,
};

function chooseTool(name) {
  stage.dataset.tool = name;
  toolButtons.forEach((button) => button.setAttribute("aria-pressed", button.dataset.tool === name));
  cursor.hidden = true;
}

function resizeBrush(factor) {
  brushWidth.value = Math.round(brushWidth.value * factor);
  showSliders();
}

function showSliders() {
  document.querySelector("label[for=brush-width] span").textContent = brushWidth.value;
  document.querySelector("label[for=feather] span").textContent = `${feather.value} px`;
  cursor.style.width = cursor.style.height = `${brushWidth.value}px`;
  // A soft edge of n pixels looks like a blur with a radius of n / 2.
  const blur = (feather.value * canvas.width) / canvas.dataset.pictureWidth / 2;
  canvas.style.filter = blur > 0 ? `blur(${blur}px)` : "";
}

function showHistory() {
  actionButtons.find((button) => button.dataset.action === "undo").disabled = !mask.canUndo;
  actionButtons.find((button) => button.dataset.action === "redo").disabled = !mask.canRedo;
}

function moveCursor(event) {
  const { left, top } = stage.getBoundingClientRect();
  cursor.hidden = event.pointerType === "touch" || !["brush", "eraser"].includes(stage.dataset.tool);
  cursor.style.transform = `translate(${event.clientX - left}px, ${event.clientY - top}px) translate(-50%, -50%)`;
}

function pressKey(event) {
  const key = event.key.toLowerCase();
  if (controls.disabled) {
    return;
  }
  // Ctrl + Alt is AltGr, which some keyboards need for brackets.
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    if (key === "z") {
      event.preventDefault();
      event.shiftKey ? mask.redo() : mask.undo();
    }
  } else if (Object.hasOwn(keys, key)) {
    event.preventDefault();
    keys[key]();
  }
}

function showMessage(text, kind = "") {
  message.textContent = text;
  message.className = kind;
}

async function useRegion() {
  if (mask.isEmpty) {
    showMessage("Nothing is painted yet; paint over what should change.", "error");
    return;
  }
  controls.disabled = true;
  showMessage("Sending …");
  const errorText = await send(await mask.toPng());
  if (errorText === null) {
    showMessage("Done: go back to Discord.", "done");
  } else {
    controls.disabled = false;
    showMessage(errorText, "error");
  }
}

/** Send the mask; return null, or the error message to show. */
async function send(png) {
  try {
    const response = await fetch(`${address}?feather=${feather.value}`, { method: "POST", body: png });
    if (response.ok) {
      return null;
    }
    return response.status < 500 ? await response.text() : "Something went wrong in Atelier; try again in a minute.";
  } catch {
    return "Atelier can't be reached; check your connection and try again.";
  }
}

async function start() {
  showSliders();
  const painted = new Image();
  picture.src = `${address}/picture`;
  painted.src = `${address}/mask`;
  try {
    await Promise.all([picture.decode(), painted.decode()]);
  } catch {
    showMessage("Your picture could not be loaded; reload the page.", "error");
    return;
  }
  mask.load(painted);
  controls.disabled = false;
  showMessage("This link takes one region, within 15 minutes.");
}

toolButtons.forEach((button) => button.addEventListener("click", () => chooseTool(button.dataset.tool)));
actionButtons.forEach((button) => button.addEventListener("click", actions[button.dataset.action]));
[brushWidth, feather].forEach((slider) => slider.addEventListener("input", showSliders));
byId("use").addEventListener("click", useRegion);
addEventListener("keydown", pressKey);
stage.addEventListener("pointermove", moveCursor);
stage.addEventListener("pointerleave", () => (cursor.hidden = true));
listenToGestures(stage, view, () => (controls.disabled ? null : (tools[stage.dataset.tool] ?? null)));
start();
