// Recorded widgets on a page: fetched when they come near, in the place of their still picture.
import { h } from "./dom.js";
import { openView } from "./model.js";
import { fetchRecording, recordedModel } from "./recorded.js";

const NEAR = "1500px"; // so early that it is there, in its own size, before it is seen

/**
 * A view is taller than its still picture, which has been given room for it (../record.py). It stays in that room as long as
 * it is in view, so that nothing moves under the eyes of a reader; it takes its own when it is touched, or when nobody sees it.
 */
function keepRoom(place) {
  const touches = ["pointerdown", "keydown", "focusin"];
  const away = new IntersectionObserver((entries) => entries.some(({ isIntersecting }) => !isIntersecting) && free());
  const free = () => {
    away.disconnect();
    for (const touch of touches) place.removeEventListener(touch, free);
    place.classList.remove("cnn-in-room");
    place.style.height = "";
  };
  for (const touch of touches) place.addEventListener(touch, free);
  const drawn = () => {
    place.classList.toggle("cnn-in-room", place.scrollHeight > place.clientHeight + 1);
    away.observe(place);
  };
  requestAnimationFrame(() => requestAnimationFrame(drawn)); // two frames later
}

/** Show a recording instead of `still` as soon as that comes near; `shown(close, model)` when it is there. */
export function showWhenNear(still, address, drawing, shown) {
  const look = new IntersectionObserver(
    async (entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      look.disconnect();
      try {
        const [recording, drawn] = await Promise.all([fetchRecording(address), drawing()]);
        const model = recordedModel(recording);
        const place = h("div", { class: "cnn-recorded" });
        place.style.height = `${still.getBoundingClientRect().height}px`;
        still.after(place);
        const close = await openView(drawn, model, place);
        still.hidden = true;
        if (still.matches("[data-recorded]")) place.style.height = ""; // the front page has room for it
        else keepRoom(place);
        shown(() => {
          model.pause();
          close();
          place.remove();
        }, model);
      } catch {
        still.classList.remove("cnn-room"); // the still picture stays
      }
    },
    { rootMargin: NEAR },
  );
  look.observe(still);
}
