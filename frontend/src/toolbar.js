// Play, Pause, Step, Rewind, Reset and speed.
import { h, uniqueId } from "./dom.js";

const SIGNS = { play: "▶", pause: "❚❚", step: "❚▶", rewind: "◀◀", reset: "↺" };

function press(word, action) {
  const sign = h("span", { "aria-hidden": "true", class: "cnn-sign" }, SIGNS[word]);
  const text = h("span", {}, word[0].toUpperCase() + word.slice(1));
  return h("button", { type: "button", class: `cnn-button cnn-${word}`, onClick: action }, sign, text);
}

/** The row of buttons; `send` takes a message for the kernel. `show(frame)` keeps it up to date. */
export function buildToolbar(spec, send) {
  let playing = false;
  const element = h("div", { class: "cnn-toolbar", role: "group", "aria-label": "Run" });
  const reset = press("reset", () => send({ type: "reset" }));
  if (!spec.playable) {
    element.append(reset);
    return { element, show: () => {} };
  }
  const play = press("play", () => {
    send({ type: playing ? "pause" : "play" });
  });
  const [sign, word] = play.children;
  const step = press("step", () => send({ type: "step" }));
  const rewind = press("rewind", () => send({ type: "rewind" }));
  const id = uniqueId("speed");
  const speeds = h("select", { id }, ...spec.speeds.map((name) => h("option", { value: name }, name)));
  speeds.addEventListener("change", () => send({ type: "speed", value: speeds.value }));
  element.append(play, step, rewind, reset, h("label", { for: id }, "Speed"), speeds);
  const show = (frame) => {
    if (frame.playing !== playing) {
      playing = frame.playing;
      sign.textContent = playing ? SIGNS.pause : SIGNS.play;
      word.textContent = playing ? "Pause" : "Play";
      play.classList.toggle("cnn-running", playing);
    }
    if (document.activeElement !== speeds) speeds.value = frame.speed;
  };
  return { element, show };
}
