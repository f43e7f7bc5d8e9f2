// A recording as it travels: a list in JSON, and the arrays of its frames as ../packing.py lays them.

/** What a recording tells, and its arrays as the drawing takes them. */
export function readRecording(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { sizes, mosaics, ...told } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const arrays = sizes.map(([size, palette]) => {
    const item = itemOf(size);
    const travels = palette ? palette * item + size / item : size;
    at += travels;
    return unpacked(new Uint8Array(buffer, at - travels, travels), size, palette);
  });
  const tiles = new Uint16Array(arrays.pop());
  for (const [number, mosaic] of Object.entries(mosaics)) arrays[number] = assembled(tiles, mosaic);
  return { ...told, arrays };
}

/** Bytes of one number: the length of an array tells it. */
const itemOf = (size) => (size % 4 === 0 ? 4 : size % 2 === 0 ? 2 : 1);

/** An array from its palette and a byte for each place, or from all first bytes, all second ones, and so on. */
export function unpacked(bytes, size, palette) {
  const item = itemOf(size);
  const count = size / item;
  const made = new Uint8Array(size);
  for (let place = 0; place < count; place += 1) {
    for (let part = 0; part < item; part += 1) {
      made[place * item + part] = bytes[palette ? bytes[palette * item + place] * item + part : part * count + place];
    }
  }
  return made.buffer;
}

/** An image from its tiles. */
export function assembled(tiles, [[rows, columns], [height, width, gap], named, between, rest]) {
  const made = new Uint16Array(rows * columns + rest.length).fill(between, 0, rows * columns);
  made.set(rest, rows * columns);
  const across = (columns + gap) / (width + gap);
  named.forEach((number, index) => {
    const start = Math.floor(index / across) * (height + gap) * columns + (index % across) * (width + gap);
    for (let row = 0; row < height; row += 1) {
      const from = (number * height + row) * width;
      made.set(tiles.subarray(from, from + width), start + row * columns);
    }
  });
  return made.buffer;
}
