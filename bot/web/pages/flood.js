/**
 * Make opaque what is connected with a pixel through pixels that are less than half opaque.
 *
 * `alpha` holds a row after the other and is changed. Returns the box that has changed, null where the pixel is opaque.
 */
export function flood(alpha, width, height, x, y) {
  const isOpen = (place) => alpha[place] < 128;
  if (!isOpen(y * width + x)) {
    return null;
  }
  const box = { left: x, top: y, right: x + 1, bottom: y + 1 };
  const seeds = [y * width + x];
  while (seeds.length > 0) {
    const seed = seeds.pop();
    if (!isOpen(seed)) {
      continue;
    }
    const row = seed - (seed % width);
    let first = seed;
    while (first > row && isOpen(first - 1)) {
      first--;
    }
    let end = seed + 1;
    while (end < row + width && isOpen(end)) {
      end++;
    }
    alpha.fill(255, first, end);
    if (row > 0) {
      addSeeds(first - width, end - width);
    }
    if (row + width < alpha.length) {
      addSeeds(first + width, end + width);
    }
    box.left = Math.min(box.left, first - row);
    box.right = Math.max(box.right, end - row);
    box.top = Math.min(box.top, row / width);
    box.bottom = Math.max(box.bottom, row / width + 1);
  }
  return box;

  /** Begin anew at every run of open pixels in a part of a row. */
  function addSeeds(from, to) {
    for (let place = from; place < to; place++) {
      if (isOpen(place) && (place === from || !isOpen(place - 1))) {
        seeds.push(place);
      }
    }
  }
}
