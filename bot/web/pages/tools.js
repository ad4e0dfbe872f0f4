/**
 * Return the tools by name. Each has `begin`, `move`, `end` and `cancel`, which undoes what the tool did since `begin`.
 *
 * Points are in canvas pixels; `strokeWidth` returns the width of brush and eraser in canvas pixels.
 */
export function createTools(mask, outline, strokeWidth) {
  return {
    brush: strokeTool(mask, strokeWidth, false),
    eraser: strokeTool(mask, strokeWidth, true),
    lasso: lassoTool(mask, outline),
    fill: fillTool(mask),
  };
}

function strokeTool(mask, strokeWidth, erases) {
  let last;
  return {
    begin(point) {
      mask.stroke(point, point, strokeWidth(), erases);
      last = point;
    },
    move(point) {
      mask.stroke(last, point, strokeWidth(), erases);
      last = point;
    },
    end: () => mask.settle(),
    cancel: () => mask.revert(),
  };
}

function lassoTool(mask, outline) {
  let points = [];
  const show = (shown) => outline.setAttribute("points", shown.map(({ x, y }) => `${x},${y}`).join(" "));
  return {
    begin(point) {
      points = [point];
    },
    move(point) {
      points.push(point);
      show(points);
    },
    end() {
      show([]);
      mask.enclose(points);
      mask.settle();
    },
    cancel: () => show([]),
  };
}

function fillTool(mask) {
  let target;
  return {
    begin(point) {
      target = point;
    },
    move() {},
    // On release, because the first finger of a pinch must not fill.
    end: () => mask.fill(target),
    cancel() {},
  };
}
