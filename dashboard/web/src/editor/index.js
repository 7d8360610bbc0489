// An editor for JavaScript and TypeScript. It lives in a shadow root: there its styles are constructed style sheets, which the page's
// policy allows, where in the document they would be a style element, which it forbids.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import {
  Decoration,
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { theme } from './theme.js';

const markLine = StateEffect.define();
const wrongLine = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    const marked = transaction.effects.find((effect) => effect.is(markLine));
    if (marked) {
      return marked.value === null
        ? Decoration.none
        : Decoration.set(Decoration.line({ class: 'cm-wrongLine' }).range(marked.value));
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/**
 * Replaces a selection itself: a browser that does it in the page's content styles what it puts there by attributes, which the
 * page's policy forbids, and says so in its console.
 */
const typeOverSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    if (event.inputType !== 'insertText' || event.isComposing || !event.data || main.empty) {
      return false;
    }
    const insert = () =>
      view.state.update(view.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true });
    const handlers = view.state.facet(EditorView.inputHandler);
    if (!handlers.some((handler) => handler(view, main.from, main.to, event.data, insert))) {
      view.dispatch(insert());
    }
    event.preventDefault();
    return true;
  },
});

/** `{element, code(), set(code), show({line, column, message}), clear(), focus(), destroy()}` */
export function createEditor({ code, label, readOnly = false, onchange = () => {}, onsave = () => {} }) {
  const element = document.createElement('div');
  element.className = 'editor';
  const root = element.attachShadow({ mode: 'open' });
  const save = { key: 'Mod-s', preventDefault: true, run: () => (onsave(), true) };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: code,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        javascript({ typescript: true }),
        // Tab moves on, as everywhere else on the page: an editor that takes it is one that a keyboard cannot leave.
        keymap.of([
          save,
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...completionKeymap,
          ...lintKeymap,
        ]),
        EditorState.readOnly.of(readOnly),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        EditorView.updateListener.of((update) => update.docChanged && onchange()),
        typeOverSelection,
        wrongLine,
        theme,
      ],
    }),
  });
  return {
    element,
    code: () => view.state.doc.toString(),
    set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    show: (fault) => show(view, fault),
    clear: () => view.dispatch(setDiagnostics(view.state, []), { effects: markLine.of(null) }),
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

/** Marks a place, brings it into view and puts the cursor there. */
function show(view, { line, column, message }) {
  const { doc } = view.state;
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  const from = Math.min(found.from + Math.max(column - 1, 0), found.to);
  const to = Math.min(from + 1, found.to);
  view.dispatch(
    setDiagnostics(view.state, [{ from: from === to ? found.from : from, to, severity: 'error', message }]),
  );
  view.dispatch({
    effects: [markLine.of(found.from), EditorView.scrollIntoView(from, { y: 'center' })],
    selection: { anchor: from },
  });
  view.focus();
}
