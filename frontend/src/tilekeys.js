// The keyboard among the tiles of a picture: one tab stop, arrows move, Enter chooses, Escape leaves.
import { h, ownKeys } from "./dom.js";
import { sideOf } from "./tiles.js";
import { heard, say } from "./speech.js";

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE = 2.5; // how much farther a tile seems that lies aside of the way

/** Every tile that can be chosen, with its middle in pixels. */
export function tilesOf(boxes) {
  const found = [];
  for (const box of boxes) {
    for (const mark of box.panel.marks) {
      if (mark.kind !== "tiles" || !mark.emits) continue;
      const [dx, dy] = mark.shift;
      for (let i = 0; i < mark.x.data.length; i += 1) {
        found.push({ box, mark, index: i, px: box.x(mark.x.data[i]) + dx, py: box.y(mark.y.data[i]) + dy });
      }
    }
  }
  return found;
}

/** The nearest tile from `from` in a direction, or null. */
export function nextTile(tiles, from, [wx, wy]) {
  let [best, least] = [null, Infinity];
  for (const tile of tiles) {
    const [dx, dy] = [tile.px - from.px, tile.py - from.py];
    const ahead = dx * wx + dy * wy;
    if (ahead < 1) continue;
    const distance = ahead + ASIDE * Math.abs(dx * wy - dy * wx);
    if (distance < least) [best, least] = [tile, distance];
  }
  return best;
}

export class TileKeys {
  /** @param {Picture} picture  @param {{event: (event: object) => void}} target */
  constructor(picture, target) {
    this.picture = picture;
    this.target = target;
    this.at = null; // {emits, index} of the tile that has the focus
    this.ring = h("span", { class: "cnn-focus", "aria-hidden": "true" });
    this.voice = h("span", { class: "cnn-unseen", "aria-live": "polite" });
    this.ring.hidden = true;
    picture.frame.append(this.ring, this.voice);
    picture.frame.addEventListener("keydown", (event) => this.key(event));
    picture.frame.addEventListener("blur", () => this.leave());
  }

  /** The picture was painted: it takes the focus if it has tiles to choose, and the ring stays with its tile. */
  placed(boxes) {
    const { frame } = this.picture;
    this.tiles = tilesOf(boxes);
    if (this.tiles.length > 0 && !frame.hasAttribute("tabindex")) {
      frame.tabIndex = 0;
      ownKeys(frame);
      frame.setAttribute("role", "application");
      frame.setAttribute("aria-label", say("Picture: arrow keys move among its small images, Enter chooses, Escape leaves"));
    }
    this.show();
  }

  current() {
    return this.at && this.tiles.find((tile) => tile.mark.emits === this.at.emits && tile.index === this.at.index);
  }

  key(event) {
    if (event.target !== this.picture.frame || !this.tiles?.length) return;
    const here = this.current();
    if (WAYS[event.key]) this.move(here ? nextTile(this.tiles, here, WAYS[event.key]) : this.tiles[0]);
    else if (event.key === "Enter" && here) this.tell(here, "click");
    else if (event.key === "Escape" && here) this.leave();
    else return;
    event.preventDefault();
  }

  move(tile) {
    if (!tile) return;
    this.at = { emits: tile.mark.emits, index: tile.index };
    this.voice.textContent = heard(tile.mark.names[tile.index] ?? `${tile.mark.emits} ${tile.index}`);
    this.picture.point(tile.mark.ids?.data[tile.index] ?? null);
    if (tile.mark.hovers) this.tell(tile, "hover");
    this.show();
  }

  tell({ mark, index }, kind) {
    this.target.event({ name: mark.emits, kind, x: mark.x.data[index], y: mark.y.data[index], row: 0, col: 0, index });
  }

  leave() {
    if (!this.at) return;
    this.at = null;
    this.picture.point(null);
    this.target.event({ name: "", kind: "leave" });
    this.show();
  }

  show() {
    const here = this.current();
    this.ring.hidden = !here;
    if (!here) return;
    const side = sideOf(here.mark, here.box) + 8;
    this.ring.style.cssText = `left:${here.px - side / 2}px;top:${here.py - side / 2}px;width:${side}px;height:${side}px`;
  }
}
