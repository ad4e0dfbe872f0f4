const WHEEL_ZOOM = 0.0015;

/**
 * Translate pointer and wheel events on the stage into painting, zooming and panning.
 *
 * One finger paints, two zoom and pan; the wheel zooms, and the middle mouse button pans. `currentTool` returns the
 * active tool, or null if one finger pans.
 */
export function listenToGestures(stage, view, currentTool) {
  const pointers = new Map();
  let kind = "";
  let tool = null;
  let isMoving = false;

  stage.addEventListener("pointerdown", (event) => {
    if (event.button > 1) {
      return;
    }
    event.preventDefault();
    if (pointers.size > 0 && event.pointerType !== kind) {
      // A touch while a pen is down is the palm of the hand.
      if (event.pointerType !== "pen") {
        return;
      }
      tool?.cancel();
      pointers.clear();
    }
    kind = event.pointerType;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pointOf(event));
    if (pointers.size > 1) {
      tool?.cancel();
      tool = null;
      isMoving = true;
      return;
    }
    tool = event.button === 1 ? null : currentTool();
    isMoving = tool === null;
    tool?.begin(view.toSheet(pointOf(event)));
  });

  stage.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) {
      return;
    }
    if (tool !== null) {
      pointsOf(event).forEach((point) => tool.move(view.toSheet(point)));
    } else if (isMoving) {
      const before = pinch(pointers);
      pointers.set(event.pointerId, pointOf(event));
      const after = pinch(pointers);
      view.zoom(after.spread / before.spread, before, after);
    }
    pointers.set(event.pointerId, pointOf(event));
  });

  stage.addEventListener("pointerup", (event) => release(event, () => tool?.end()));
  stage.addEventListener("pointercancel", (event) => release(event, () => tool?.cancel()));

  function release(event, finish) {
    if (!pointers.delete(event.pointerId)) {
      return;
    }
    finish();
    tool = null;
    // The remaining finger of a pinch must neither move the picture nor paint.
    isMoving = false;
  }

  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 * event.deltaY : event.deltaY;
      view.zoom(Math.exp(-pixels * WHEEL_ZOOM), pointOf(event));
    },
    { passive: false },
  );
  // Without this, browsers keep scrolling after a fast stroke and lose the next tap, and iOS shows its magnifier.
  stage.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
}

function pointOf(event) {
  return { x: event.clientX, y: event.clientY };
}

/** Return all points of a pointer event; browsers coalesce several into one, and expose them only over HTTPS. */
function pointsOf(event) {
  const events = event.getCoalescedEvents?.() ?? [];
  return (events.length > 0 ? events : [event]).map(pointOf);
}

/** Return the midpoint of one or two pointers, and the distance between them (`spread`, at least 1). */
function pinch(pointers) {
  const [one, other = one] = pointers.values();
  return {
    x: (one.x + other.x) / 2,
    y: (one.y + other.y) / 2,
    spread: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
  };
}
