// The bar's buttons: Play, large and filled; step and rewind beside it. Speed and Reset live where the widget says.
import { h, uniqueId } from "./dom.js";
import { say } from "./speech.js";

const NS = "http://www.w3.org/2000/svg";
const SIGNS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  step: "M6 5v14l9-7zM16 5h2.5v14H16z",
  rewind: "M18 5v14l-9-7zM5.5 5H8v14H5.5z",
};

/** A sign of the bar as SVG, so that it looks alike in every font. */
function sign(name) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", SIGNS[name]);
  svg.append(path);
  return svg;
}

function press(name, word, action) {
  const text = h("span", { class: "cnn-unseen" }, word);
  return h("button", { type: "button", class: `cnn-icon cnn-${name}`, title: word, onClick: action }, sign(name), text);
}

function speedList(spec, send) {
  const id = uniqueId("speed");
  const list = h("select", { id }, ...spec.speeds.map((name, i) => h("option", { value: name }, spec.speed_words?.[i] ?? name)));
  list.addEventListener("change", () => send({ type: "speed", value: list.value }));
  const element = h("div", { class: "cnn-control cnn-choice" }, h("label", { for: id }, say("Speed")), list);
  return { element, list };
}

/** Buttons that run the widget; `send` takes a message for the kernel. `show(frame)` keeps them up to date. */
export function buildToolbar(spec, send) {
  const reset = h("button", { type: "button", class: "cnn-button", onClick: () => send({ type: "reset" }) }, say("Reset"));
  if (!spec.playable) return { element: null, reset, speed: null, show: () => {} };
  let playing = false;
  const play = press("play", say("Play"), () => send({ type: playing ? "pause" : "play" }));
  const [, word] = play.children;
  const step = press("step", say("Step"), () => send({ type: "step" }));
  const rewind = press("rewind", say("Rewind"), () => send({ type: "rewind" }));
  const speed = speedList(spec, send);
  const element = h("div", { class: "cnn-run", role: "group", "aria-label": say("Run") }, play, h("div", { class: "cnn-steps" }, step, rewind));
  const show = (frame) => {
    if (frame.playing !== playing) {
      playing = frame.playing;
      play.firstChild.replaceWith(sign(playing ? "pause" : "play"));
      word.textContent = play.title = playing ? say("Pause") : say("Play");
      play.classList.toggle("cnn-running", playing);
    }
    if (document.activeElement !== speed.list) speed.list.value = frame.speed;
  };
  return { element, reset, speed: speed.element, play, show };
}
