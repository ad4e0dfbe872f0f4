/**
 * Flood-fill the area around a pixel: set alpha to 255 in all connected pixels with an alpha below 128.
 *
 * `alpha` is in row-major order and is modified in place. Returns the changed box, or null if the pixel itself
 * has an alpha of 128 or more.
 */
export function flood(alpha, width, height, x, y) {
  const isOpen = (index) => alpha[index] < 128;
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

  /** Add a seed for each run of open pixels between two indices of a row. */
  function addSeeds(from, to) {
    for (let index = from; index < to; index++) {
      if (isOpen(index) && (index === from || !isOpen(index - 1))) {
        seeds.push(index);
      }
    }
  }
}
