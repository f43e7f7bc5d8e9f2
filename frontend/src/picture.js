// The canvas: as sharp as the screen, as wide as the page, repainted when frame, width or theme change.
import { paintAxes, paintGrid, paintLegend } from "./axes.js";
import { arrange, layout } from "./layout.js";
import { floored } from "./maps.js";
import { paintCursors, paintMarks } from "./marks.js";
import { readTheme, watchTheme } from "./theme.js";
import { say } from "./speech.js";

const CRAWL_SPEED = 30; // pixels a second

/** Whether the reader has asked the system for less motion. */
export function prefersStillness() {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}

export class Picture {
  /**
   * @param {HTMLElement} parent
   * @param {{title: string, height: number}} spec
   * @param {{name?: string, placed?: (arrangement, boxes, theme) => void}} options
   */
  constructor(parent, spec, { name = "cnn-picture", placed = () => {} } = {}) {
    this.placed = placed;
    this.pointed = null; // id of the tile under the pointer
    this.frame = document.createElement("div");
    this.frame.className = name;
    this.frame.style.height = `${spec.height}px`;
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", spec.title || say("Picture"));
    this.frame.append(this.canvas);
    parent.append(this.frame);
    this.canvas.picture = this; // for those who look at the page: tests, the console
    this.ctx = this.canvas.getContext("2d");
    this.scene = null;
    this.boxes = [];
    this.crawl = 0; // pixels that dashes have moved along their links
    this.theme = readTheme(parent);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(this.frame);
    this.themes = watchTheme(parent, (theme) => {
      this.theme = theme;
      this.paint();
    });
  }

  close() {
    this.sizes.disconnect();
    this.themes.end();
  }

  /** Show a scene whose marks hold their arrays as {shape, data}; while `playing`, links may crawl. */
  show(scene, playing = false) {
    this.scene = scene;
    const now = performance.now();
    if (playing && this.shown !== undefined && !prefersStillness()) {
      this.crawl += Math.min(now - this.shown, 100) * (CRAWL_SPEED / 1000);
    }
    this.shown = playing ? now : undefined;
    this.fit();
    this.resize() || this.paint();
  }

  /** Arrange the scene for the present width, and be as high as that needs. */
  fit() {
    this.arrangement = arrange(this.scene, this.frame.clientWidth || this.width || 1000);
    const height = `${this.arrangement.height}px`;
    if (this.frame.style.height !== height) this.frame.style.height = height;
  }

  /** The tile under the pointer: its links are painted strongly. */
  point(id) {
    if (id === this.pointed) return;
    this.pointed = id;
    this.paint();
  }

  /** Fit the canvas to its frame; true if that repainted it. */
  resize() {
    const ratio = globalThis.devicePixelRatio || 1;
    if (this.scene) this.fit();
    const width = this.frame.clientWidth;
    const height = this.frame.clientHeight;
    if (width === 0 || height === 0) return false;
    this.themes.look();
    if (width === this.width && height === this.height && ratio === this.ratio) return false;
    Object.assign(this, { width, height, ratio });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.paint();
    return true;
  }

  /** Paint the scene; `place` also puts the HTML over it in its place. */
  paint(place = true) {
    if (this.scene === null || !this.width) return;
    const { ctx, theme } = this;
    ctx.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    const measure = (text, size, bold = false) => {
      ctx.font = `${bold ? "600 " : ""}${size}px ${theme.font}`;
      return ctx.measureText(text).width;
    };
    this.boxes = layout(this.arrangement, this.width, this.height, measure);
    const byName = new Map(this.boxes.map((box) => [box.panel.name, box]));
    for (const box of this.boxes) Object.assign(box, { byName, crawl: this.crawl, playing: this.shown !== undefined, pointed: this.pointed });
    for (const box of this.boxes) {
      paintGrid(ctx, box, theme);
      paintMarks(ctx, box, theme);
      paintAxes(ctx, box, theme);
      paintLegend(ctx, box, theme);
      ctx.globalAlpha = 1;
      paintCursors(ctx, box, theme);
    }
    if (place) this.placed(this.arrangement, this.boxes, theme);
  }
}

/** Put the arrays of a frame into the marks that refer to them. */
export function resolve(scene, arrays) {
  const panels = [...scene.panels, ...(scene.timeline ? [scene.timeline] : []), ...Object.values(scene.pictures ?? {}).flat()];
  for (const panel of panels) {
    for (const mark of panel.marks) {
      for (const [key, value] of Object.entries(mark)) {
        if (value !== null && typeof value === "object" && "array" in value) mark[key] = arrays[value.array];
      }
      if (mark.kind === "maps" && mark.floor !== undefined) mark.z = floored(mark.z, mark.floor);
    }
  }
  return scene;
}
