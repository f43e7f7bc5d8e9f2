// The entry point that anywidget loads: one view for each place where the widget is shown.
import { CardView } from "./cards.js";
import { Session } from "./session.js";
import { speak } from "./speech.js";
import { View } from "./view.js";

/** The front end's own model, of which anywidget hands out a part; null where it cannot be had. */
async function ownModel(model) {
  try {
    return (await model.widget_manager?.get_model?.(model.get("spec").model)) ?? null;
  } catch {
    return null;
  }
}

export default () => {
  const kept = {}; // the newest frame, for all views of this model
  async function render({ model, el }) {
    speak(model.get("spec"));
    if (model.get("spec").card) {
      const card = new CardView(el, model);
      return () => card.close();
    }
    const session = new Session(model, await ownModel(model), kept);
    const view = new View(el, model.get("spec"), session);
    session.open(view);
    return () => {
      session.close();
      view.close();
    };
  }
  return { render };
};
