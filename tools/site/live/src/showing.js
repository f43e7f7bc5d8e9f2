// Recorded widgets on a page: fetched when they come near, in the place of their still picture.
import { h } from "./dom.js";
import { openView } from "./model.js";
import { fetchRecording, recordedModel } from "./recorded.js";

const NEAR = "400px";

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
        // In the still picture's room, which stays as tall as it is until the first frame has been drawn.
        place.style.minHeight = `${still.getBoundingClientRect().height}px`;
        still.after(place);
        const close = await openView(drawn, model, place);
        still.hidden = true;
        requestAnimationFrame(() => requestAnimationFrame(() => (place.style.minHeight = "")));
        shown(() => {
          model.pause();
          close();
          place.remove();
        }, model);
      } catch {
        // the still picture stays
      }
    },
    { rootMargin: NEAR },
  );
  look.observe(still);
}
