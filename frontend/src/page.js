// The entry point that anywidget loads: one view for each place where the widget is shown.
import { CardView } from "./cards.js";
import { Session } from "./session.js";
import { View } from "./view.js";

function render({ model, el }) {
  if (model.get("spec").card) {
    const card = new CardView(el, model);
    return () => card.close();
  }
  const session = new Session(model);
  const view = new View(el, model.get("spec"), session);
  session.open(view);
  return () => {
    session.close();
    view.close();
  };
}

export default { render };
