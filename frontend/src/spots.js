// Places for words among other words: none on another, none beyond the picture.

const AIR = 1; // pixels that must lie between two words
const FARTHEST = 64; // pixels by which words are moved

const crosses = (a, b) => a.left < b.right + AIR && b.left < a.right + AIR && a.top < b.bottom + AIR && b.top < a.bottom + AIR;
const ALIGNED = { left: 0, center: 0.5, right: 1 };
const BASED = { top: 0, middle: 0.5, bottom: 1 };

/** The rectangle of words at (x, y). */
export function rectOf(x, y, wide, high, align = "left", baseline = "top") {
  const [left, top] = [x - wide * ALIGNED[align], y - high * BASED[baseline]];
  return { left, top, right: left + wide, bottom: top + high };
}

/** The rectangle of a word's ink as the context draws it at (x, y). */
export function inkOf(ctx, word, x, y) {
  const ink = ctx.measureText(word);
  return { left: x - ink.actualBoundingBoxLeft, right: x + ink.actualBoundingBoxRight, top: y - ink.actualBoundingBoxAscent, bottom: y + ink.actualBoundingBoxDescent };
}

export const isFree = (rect, taken) => taken.every((other) => !crosses(rect, other));

/** `rect` moved by [dx, dy]. */
export const moved = (rect, dx, dy) => ({ left: rect.left + dx, right: rect.right + dx, top: rect.top + dy, bottom: rect.bottom + dy });

/** `rect` moved into `room` where it fits there, against the left and upper edge where it does not. */
export function within(rect, room) {
  const dx = Math.max(room.left - rect.left, Math.min(0, room.right - rect.right));
  const dy = Math.max(room.top - rect.top, Math.min(0, room.bottom - rect.bottom));
  return moved(rect, dx, dy);
}

/** `rect`, or the nearest place above or below it within `room` where no other word is; `step` pixels at a time. */
export function nearestFree(rect, taken, room, step = 4) {
  const first = within(rect, room);
  for (let away = 0; away <= FARTHEST; away += step) {
    for (const dy of [-away, away]) {
      const place = moved(first, 0, dy);
      if (place.top >= room.top - 0.5 && place.bottom <= room.bottom + 0.5 && isFree(place, taken)) return place;
    }
  }
  return first;
}

/** The first of several places where no other word is; where there is none, the one that has to move least. */
export function firstFree(places, taken, room) {
  const free = places.find((one) => isFree(one, taken));
  if (free) return free;
  const away = (place, rect) => (isFree(place, taken) ? Math.abs(place.top - rect.top) : Infinity);
  const tried = places.map((rect) => [nearestFree(rect, taken, room, 2), rect]);
  return tried.reduce((best, one) => (away(...one) < away(...best) ? one : best))[0];
}

/** Where words of a plot may stand that can be moved: in the plot, beside it where there is no axis. */
export function roomOf(box) {
  const { cell, panel } = box;
  return {
    left: panel.y.visible ? box.left : cell.left,
    right: cell.right,
    top: Math.min(box.top, box.bottom),
    bottom: panel.x.visible ? box.bottom : Math.max(cell.bottom, box.bottom),
  };
}
