/**
 * The tools by name. Each begins at a point of the sheet, moves on, and ends, or is cancelled as if it had never begun.
 *
 * `strokeWidth` returns the width of brush and eraser in pixels of the sheet.
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
    // At the end, because the first finger of a pinch is no wish to fill.
    end: () => mask.fill(target),
    cancel() {},
  };
}
