// A canvas context that writes SVG: as much of the 2D interface as the painters use.

const escape = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
const round = (value) => Math.round(value * 100) / 100;
const ANCHORS = { left: "start", center: "middle", right: "end" };
const DROPS = { top: 0.8, middle: 0.33, bottom: -0.2, alphabetic: 0 }; // of the font's size, downwards
const STYLE = {
  fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, globalAlpha: 1, font: "12px sans-serif", textAlign: "left",
  textBaseline: "alphabetic", lineDashOffset: 0, lineJoin: "miter", imageSmoothingEnabled: false, dash: [], clipped: "",
};

export class SvgContext {
  /** @param {CanvasRenderingContext2D} ruler a real context, which measures words */
  constructor(width, height, paper, ruler) {
    Object.assign(this, STYLE, { width, height, paper, ruler });
    this.matrix = [1, 0, 0, 1, 0, 0];
    this.stack = [];
    this.parts = [];
    this.clips = 0;
    this.beginPath();
  }

  save() {
    const kept = Object.fromEntries(Object.keys(STYLE).map((name) => [name, this[name]]));
    this.stack.push({ ...kept, matrix: [...this.matrix] });
  }

  restore() {
    Object.assign(this, this.stack.pop());
  }

  setTransform(a, b, c, d, e, f) { this.matrix = [a, b, c, d, e, f]; }
  transform(a, b, c, d, e, f) {
    const [A, B, C, D, E, F] = this.matrix;
    this.matrix = [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d, A * e + C * f + E, B * e + D * f + F];
  }
  translate(x, y) { this.transform(1, 0, 0, 1, x, y); }
  scale(x, y) { this.transform(x, 0, 0, y, 0, 0); }
  rotate(turn) { this.transform(Math.cos(turn), Math.sin(turn), -Math.sin(turn), Math.cos(turn), 0, 0); }

  beginPath() { this.path = ""; }
  moveTo(x, y) { this.path += `M${round(x)} ${round(y)}`; }
  lineTo(x, y) { this.path += `L${round(x)} ${round(y)}`; }
  closePath() { this.path += "Z"; }
  quadraticCurveTo(...p) { this.path += `Q${p.map(round).join(" ")}`; }
  bezierCurveTo(...p) { this.path += `C${p.map(round).join(" ")}`; }
  rect(x, y, w, h) { this.path += `M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}Z`; }
  arc(x, y, r) { this.path += `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`; }
  roundRect(x, y, w, h, r) {
    const s = Math.min(r, w / 2, h / 2);
    const [iw, ih] = [w - 2 * s, h - 2 * s];
    this.path += `M${x + s} ${y}h${iw}a${s} ${s} 0 0 1 ${s} ${s}v${ih}a${s} ${s} 0 0 1 ${-s} ${s}h${-iw}a${s} ${s} 0 0 1 ${-s} ${-s}v${-ih}a${s} ${s} 0 0 1 ${s} ${-s}Z`;
  }

  setLineDash(dash) { this.dash = dash; }
  measureText(text) {
    const { font, textAlign, textBaseline } = this;
    Object.assign(this.ruler, { font, textAlign, textBaseline });
    return this.ruler.measureText(text);
  }

  /** What every element needs: place, opacity, clipping. */
  common() {
    const place = this.matrix.every((v, i) => v === [1, 0, 0, 1, 0, 0][i]) ? "" : ` transform="matrix(${this.matrix.map(round).join(" ")})"`;
    const alpha = this.globalAlpha < 1 ? ` opacity="${round(this.globalAlpha)}"` : "";
    return place + alpha;
  }

  add(element) { this.parts.push(this.clipped ? `<g clip-path="url(#${this.clipped})">${element}</g>` : element); }

  clip() {
    this.clips += 1;
    this.parts.push(`<clipPath id="c${this.clips}"><path d="${this.path}"${this.common()}/></clipPath>`);
    this.clipped = `c${this.clips}`;
  }

  pen() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}" stroke-dashoffset="${round(this.lineDashOffset)}"` : "";
    return `stroke="${escape(this.strokeStyle)}" stroke-width="${this.lineWidth}" stroke-linejoin="${this.lineJoin}"${dash}`;
  }

  fill() { this.add(`<path d="${this.path}" fill="${escape(this.fillStyle)}"${this.common()}/>`); }
  stroke() { this.add(`<path d="${this.path}" fill="none" ${this.pen()}${this.common()}/>`); }
  fillRect(x, y, w, h) { this.add(`<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" fill="${escape(this.fillStyle)}"${this.common()}/>`); }
  strokeRect(x, y, w, h) { this.add(`<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" fill="none" ${this.pen()}${this.common()}/>`); }
  clearRect() {}

  words(text, x, y, look) {
    const size = Number(this.font.match(/([\d.]+)px/)[1]);
    const style = escape(`font:${this.font}`);
    this.add(`<text x="${round(x)}" y="${round(y + DROPS[this.textBaseline] * size)}" text-anchor="${ANCHORS[this.textAlign]}" style="${style}" ${look}${this.common()}>${escape(text)}</text>`);
  }
  fillText(text, x, y) { this.words(text, x, y, `fill="${escape(this.fillStyle)}"`); }
  strokeText(text, x, y) { this.words(text, x, y, `fill="none" ${this.pen()}`); }

  drawImage(image, ...where) {
    const [sx, sy, sw, sh, x, y, w, h] = where.length > 2 ? where : [0, 0, image.width, image.height, ...where, image.width, image.height];
    let part = image;
    if (where.length > 2) {
      part = document.createElement("canvas");
      Object.assign(part, { width: sw, height: sh });
      part.getContext("2d").drawImage(image, sx, sy, sw, sh, 0, 0, sw, sh);
    }
    this.add(`<image href="${part.toDataURL()}" x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" preserveAspectRatio="none" style="image-rendering:pixelated"${this.common()}/>`);
  }

  toString() {
    const size = `width="${this.width}" height="${this.height}" viewBox="0 0 ${this.width} ${this.height}"`;
    const paper = `<rect width="100%" height="100%" fill="${escape(this.paper)}"/>`;
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${paper}${this.parts.join("")}</svg>\n`;
  }
}
