// Mouse, pen and touch on the picture: what was hit, in the data's own coordinates.
import { cellAt, placeInWords } from "./heatmap.js";
import { alongCurve, linkCurve } from "./links.js";
import { cursorUnder } from "./notes.js";
import { mapUnder } from "./maps.js";
import { shortNumber } from "./scale.js";
import { say } from "./speech.js";
import { tileUnder } from "./tiles.js";

const REACH = 10; // pixels around a point or handle that still count as a hit
const BELOW = 26; // pixels beneath a plot where the pill of a cursor is
const PIECES = 16; // straight pieces that stand for a curve

/** What lies under the pixel (px, py): {box, mark, x, y, index?, row?, col?, value?} or null. */
export function hit(boxes, px, py, wanted) {
  for (const box of [...boxes].reverse()) {
    const beyond = box.panel.marks.some((mark) => mark.kind === "tiles" || mark.to) ? 60 : REACH; // drawn outside the plot
    const below = box.panel.marks.some((mark) => mark.kind === "cursor") ? BELOW : beyond;
    const inside = px >= box.left - beyond && px <= box.right + beyond && py >= box.top - beyond && py <= box.bottom + below;
    if (!inside) continue;
    const at = { box, x: box.x.invert(px), y: box.y.invert(py) };
    for (const mark of [...box.panel.marks].reverse()) {
      const found = wanted(mark) ? hitMark(mark, box, px, py, at) : null;
      if (found) return { ...at, mark, ...found };
    }
  }
  return null;
}

function hitMark(mark, box, px, py, at) {
  if (mark.kind === "handle") {
    return Math.hypot(box.x(mark.x) - px, box.y(mark.y) - py) <= mark.size + REACH ? {} : null;
  }
  if (mark.kind === "heatmap") return cellAt(mark, at.x, at.y);
  if (mark.kind === "maps") return mapUnder(mark, box, px, py);
  if (mark.kind === "tiles") return tileUnder(mark, box, px, py);
  if (mark.kind === "cursor") return cursorUnder(mark, box, px, py) ? {} : null;
  if (mark.kind === "points") {
    const index = nearest(mark.x.data, (i) => Math.hypot(box.x(mark.x.data[i]) - px, box.y(mark.y.data[i]) - py));
    const value = mark.emits ? mark.values?.data[index.at] : undefined;
    return index.distance <= mark.size + REACH ? { index: index.at, value } : null;
  }
  if (mark.kind === "links") {
    const index = nearest(mark.x0.data, (i) => toCurve(px, py, linkCurve(mark, box, i)));
    return index.distance <= 6 ? { index: index.at, value: mark.values?.data[index.at] } : null;
  }
  return null;
}

function nearest(list, distanceOf) {
  const best = { at: -1, distance: Infinity };
  for (let i = 0; i < list.length; i += 1) {
    const distance = distanceOf(i);
    if (distance < best.distance) Object.assign(best, { at: i, distance });
  }
  return best;
}

/** Distance of a point from the segment between two others. */
export function toSegment(px, py, x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const t = Math.min(1, Math.max(0, ((px - x0) * dx + (py - y0) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(px - x0 - t * dx, py - y0 - t * dy);
}

/** Distance of a point from a link's course. */
function toCurve(px, py, curve) {
  let [least, x, y] = [Infinity, curve[0], curve[1]];
  for (let i = 1; i <= PIECES; i += 1) {
    const next = alongCurve(curve, i / PIECES);
    least = Math.min(least, toSegment(px, py, x, y, ...next));
    [x, y] = next;
  }
  return least;
}

/** Whether a press on the mark may go on as a vertical movement: then the page must not scroll instead. */
export function movesUp(mark) {
  if (mark.kind === "handle") return Boolean(mark.emits || mark.sets?.y);
  return ["heatmap", "maps"].includes(mark.kind) && !mark.hovers && Boolean(mark.emits || mark.sets?.row);
}

const touchable = (mark) => Boolean(mark.emits) || Object.keys(mark.sets ?? {}).length > 0;
const readable = (mark) => touchable(mark) || (["heatmap", "maps"].includes(mark.kind) && mark.hover) || mark.kind === "tiles";

export class Pointer {
  /**
   * @param {Picture} picture
   * @param {{set: (values: object) => void, event: (event: object) => void}} target
   */
  constructor(picture, target) {
    this.picture = picture;
    this.target = target;
    this.held = null;
    this.place = ""; // where the pointer rests, as last told to the widget
    this.tip = document.createElement("div");
    this.tip.className = "cnn-tip";
    this.tip.hidden = true;
    picture.frame.append(this.tip);
    const { canvas } = picture;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    // pointerdown comes before touchstart, so what is held is known here
    canvas.addEventListener("touchstart", (event) => this.held?.ours && event.preventDefault(), { passive: false });
    for (const kind of ["keydown", "blur"]) picture.frame.addEventListener(kind, () => picture.frame.classList.remove("cnn-by-pointer"));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", () => (this.held = null));
    canvas.addEventListener("pointercancel", () => (this.held = null));
    canvas.addEventListener("pointerleave", () => {
      this.tip.hidden = true;
      picture.point(null);
      this.track(null);
    });
  }

  locate(event) {
    const area = this.picture.canvas.getBoundingClientRect();
    return [event.clientX - area.left, event.clientY - area.top];
  }

  down(event) {
    this.picture.frame.classList.add("cnn-by-pointer"); // its frame is for those who come by keyboard
    this.picture.frame.focus({ preventScroll: true }); // the arrow keys are the picture's from now on
    const found = hit(this.picture.boxes, ...this.locate(event), touchable);
    if (!found) return;
    event.preventDefault();
    this.picture.canvas.setPointerCapture?.(event.pointerId);
    this.held = { panel: this.picture.boxes.indexOf(found.box), kind: found.mark.kind, name: found.mark.emits, ours: movesUp(found.mark) };
    this.report(found, "click");
  }

  move(event) {
    const [px, py] = this.locate(event);
    if (this.held) {
      this.drag(px, py);
      return;
    }
    const found = hit(this.picture.boxes, px, py, readable);
    this.picture.canvas.style.cursor = cursor(found);
    this.picture.point(found?.id ?? null);
    this.showTip(found, px, py);
    this.track(found);
  }

  /** Tell the widget where the pointer rests, when it comes to another place and when it leaves. */
  track(found) {
    const rows = found?.mark.hovers;
    const part = found?.mark.kind === "tiles" ? found.index : Math.floor(found?.row / rows);
    const place = rows ? `${found.mark.emits}/${part}` : "";
    if (place === this.place) return;
    this.place = place;
    if (place) this.target.event({ name: found.mark.emits, kind: "hover", x: found.x, y: found.y, row: found.row, col: found.col, index: found.index });
    else this.target.event({ name: "", kind: "leave" });
  }

  /** The held mark follows the pointer, within the panel's ranges. */
  drag(px, py) {
    const box = this.picture.boxes[this.held.panel];
    const mark = box?.panel.marks.find((m) => m.kind === this.held.kind && m.emits === this.held.name && touchable(m));
    if (!mark) return;
    const x = box.x.invert(Math.min(box.right, Math.max(box.left, px)));
    const y = box.y.invert(Math.min(box.bottom, Math.max(box.top, py)));
    const cell = mark.kind === "maps" ? mapUnder(mark, box, px, py) : mark.kind === "heatmap" ? cellAt(mark, x, y) : {};
    if (cell && ["handle", "heatmap", "maps", "cursor"].includes(mark.kind)) this.report({ mark, x, y, ...cell }, "drag");
  }

  report(found, kind) {
    const values = {};
    for (const [key, control] of Object.entries(found.mark.sets ?? {})) {
      if (found[key] !== undefined) values[control] = found[key];
    }
    if (Object.keys(values).length > 0) this.target.set(values);
    if (found.mark.emits) {
      const { x, y, row, col, index } = found;
      this.target.event({ name: found.mark.emits, kind, x, y, row, col, index });
    }
  }

  showTip(found, px, py) {
    const words = tipWords(found);
    this.tip.hidden = words === "";
    if (this.tip.hidden) return;
    const { width, height } = this.picture;
    if (words !== this.tip.textContent || width !== this.fitted?.width) {
      this.tip.textContent = words;
      Object.assign(this.tip.style, { maxWidth: `${width}px`, boxSizing: "border-box" });
      this.fitted = { width, wide: this.tip.offsetWidth, high: this.tip.offsetHeight };
    }
    const within = (place, end) => `${Math.max(0, Math.min(place, end))}px`; // else the page would scroll
    const [left, top] = [within(px + 12, width - this.fitted.wide), within(py - 30, height - this.fitted.high)];
    this.tip.style.transform = `translate(${left}, ${top})`; // moved so, nothing is laid out anew
  }
}

/** What is read at the pointer: what it is, where, and its value; "" where there is no number. */
export function tipWords(found) {
  if (found?.name) return found.name;
  if (!found || !Number.isFinite(found.value) || found.mark.hover === false) return "";
  const { mark, box } = found;
  if (mark.words?.length) return mark.words[found.value] ?? "";
  const place = mark.kind === "links" ? joinedBy(found) : found.row === undefined ? "" : placeOf(found);
  if (place === null) return "";
  const what = mark.means || box.panel.title || mark.emits;
  return `${[what, place].filter(Boolean).join(", ")}: ${shortNumber(found.value)}`;
}

/** What a link leads from and to, by the names of its tiles. */
function joinedBy({ mark, box, index }) {
  const named = (ids) => {
    if (!ids) return undefined;
    const tiles = box.panel.marks.find((one) => one.kind === "tiles" && one.ids?.data.includes(ids.data[index]));
    return tiles?.names[tiles.ids.data.indexOf(ids.data[index])]?.split(",")[0];
  };
  const [source, target] = [named(mark.sources), named(mark.targets)];
  if (source && target) return `${source} → ${target}`;
  return source ? say("from {source}", { source }) : "";
}

/** A cell's place: on axes that can be read in their units, otherwise by row and column; null between images. */
function placeOf({ mark, box, x, y, row, col }) {
  if (mark.places?.length) return mark.places.map((name, i) => `${name} ${shortNumber(Number([x, y][i].toFixed(1)))}`).join(", ");
  const axes = [[box.panel.x, x], [box.panel.y, y]].filter(([axis]) => axis.visible && axis.label);
  if (axes.length === 2) return axes.map(([axis, value]) => `${axis.label} ${onAxis(axis, value)}`).join(", ");
  return placeInWords(mark, row, col);
}

function onAxis(axis, value) {
  const place = axis.names?.length ? axis.ticks.indexOf(Math.round(value)) : -1;
  return axis.names?.[place] ?? shortNumber(Number(value.toPrecision(3)));
}

function cursor(found) {
  if (!found || !touchable(found.mark)) return "default";
  if (found.mark.kind === "cursor") return "ew-resize";
  return found.mark.kind === "handle" ? "grab" : "pointer";
}
