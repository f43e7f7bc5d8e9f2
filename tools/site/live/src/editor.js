// An editor for a cell, loaded when one is wanted.
import { indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { indentUnit } from "@codemirror/language";
import { keymap } from "@codemirror/view";
import { EditorView, minimalSetup } from "codemirror";
import { bracketMatching, syntaxHighlighting, HighlightStyle } from "@codemirror/language";
import { tags } from "@lezer/highlight";

const COLORS = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--cnn-code-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--cnn-code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--cnn-code-number)" },
  { tag: tags.comment, color: "var(--cnn-code-comment)" },
]);

/** Put an editor into `parent`; `run` is called on Shift+Enter and Ctrl+Enter. Escape leaves it by keyboard. */
export function edit(parent, text, { changed, run, label }) {
  const go = () => {
    run();
    return true;
  };
  return new EditorView({
    doc: text,
    parent,
    extensions: [
      keymap.of([
        { key: "Shift-Enter", run: go },
        { key: "Mod-Enter", run: go },
        { key: "Escape", run: (view) => (view.contentDOM.blur(), true) },
        indentWithTab,
      ]),
      minimalSetup,
      bracketMatching(),
      indentUnit.of("    "),
      python(),
      syntaxHighlighting(COLORS),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
    ],
  });
}
