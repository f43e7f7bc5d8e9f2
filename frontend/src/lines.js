// Words in lines: titles and notes that are wider than their place are broken between words.

/** A text in lines of at most `width` pixels, as `measure` finds them; a single word may be wider, and a number keeps its "%". */
export function breakLines(text, width, measure) {
  const lines = [];
  let line = "";
  for (const word of text.split(/ (?!%)/)) {
    const longer = line ? `${line} ${word}` : word;
    if (line && measure(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

const FIRST = { title: 20, subtitle: 17 }; // pixels of height of the first line
const NEXT = 15; // and of each further one
const BETWEEN = 10; // pixels between a title and a subtitle on one line

/** A panel's title and subtitle within `room` pixels of width: {title: lines, subtitle: lines, beside, wide, high}. */
export function headOf(panel, room, measure, fonts) {
  const bold = (text) => measure(text, fonts.title, true);
  const plain = (text) => measure(text, fonts.subtitle);
  const { title, subtitle = "" } = panel;
  const beside = !title || bold(title) + (subtitle ? BETWEEN + plain(subtitle) : 0) <= room;
  const lines = {
    title: title ? breakLines(title, room, bold) : [],
    subtitle: subtitle ? breakLines(subtitle, room, plain) : [],
  };
  const own = (name) => (lines[name].length ? FIRST[name] + NEXT * (lines[name].length - 1) : 0);
  const high = title ? own("title") + (beside ? 0 : own("subtitle")) : own("subtitle");
  const apart = Math.max(0, ...lines.title.map(bold), ...lines.subtitle.map(plain));
  const wide = beside && title && subtitle ? bold(title) + BETWEEN + plain(subtitle) : apart;
  return { ...lines, beside, wide, high };
}
