const WHEEL_ZOOM = 0.0015;

/**
 * Turn what fingers, pens and mice do on the stage into painting and looking around.
 *
 * One finger paints, two zoom and move; so do the wheel and the middle button. `currentTool` returns the tool that
 * paints, or null where one finger moves the picture.
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
      // What touches beside a pen is the hand that holds it.
      if (event.pointerType !== "pen") {
        return;
      }
      tool?.cancel();
      pointers.clear();
    }
    kind = event.pointerType;
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, place(event));
    if (pointers.size > 1) {
      tool?.cancel();
      tool = null;
      isMoving = true;
      return;
    }
    tool = event.button === 1 ? null : currentTool();
    isMoving = tool === null;
    tool?.begin(view.toSheet(place(event)));
  });

  stage.addEventListener("pointermove", (event) => {
    if (!pointers.has(event.pointerId)) {
      return;
    }
    if (tool !== null) {
      places(event).forEach((point) => tool.move(view.toSheet(point)));
    } else if (isMoving) {
      const before = grip(pointers);
      pointers.set(event.pointerId, place(event));
      const after = grip(pointers);
      view.zoom(after.spread / before.spread, before, after);
    }
    pointers.set(event.pointerId, place(event));
  });

  stage.addEventListener("pointerup", (event) => leave(event, () => tool?.end()));
  stage.addEventListener("pointercancel", (event) => leave(event, () => tool?.cancel()));

  function leave(event, finish) {
    if (!pointers.delete(event.pointerId)) {
      return;
    }
    finish();
    tool = null;
    // The finger that stays after two must not jump the picture, nor paint.
    isMoving = false;
  }

  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 * event.deltaY : event.deltaY;
      view.zoom(Math.exp(-pixels * WHEEL_ZOOM), place(event));
    },
    { passive: false },
  );
  // Otherwise the browser glides on after a quick stroke and swallows the next tap; iOS shows its magnifier.
  stage.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
}

function place(event) {
  return { x: event.clientX, y: event.clientY };
}

/** Return the places of a fast pen that come as one event. Browsers tell them over HTTPS only. */
function places(event) {
  const events = event.getCoalescedEvents?.() ?? [];
  return (events.length > 0 ? events : [event]).map(place);
}

/** Return the middle of one or two pointers, and how far apart they are. */
function grip(pointers) {
  const [one, other = one] = pointers.values();
  return {
    x: (one.x + other.x) / 2,
    y: (one.y + other.y) / 2,
    spread: Math.max(1, Math.hypot(one.x - other.x, one.y - other.y)),
  };
}
