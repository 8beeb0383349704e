export default {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Both are right; we write it as all else.
    "doctype-style": ["error", { style: "lowercase" }],
    // A button in a form submits it, says HTML; ours that do something else have a type, and are made by app.js.
    "no-implicit-button-type": "off",
    // WebKit takes a list without bullets for mere layout, and VoiceOver no longer says how long it is.
    "no-redundant-role": ["error", { exclude: ["list"] }],
    // What is ticked in several rows is one answer of several values.
    "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "submit"] }],
    // The frame that a wide table scrolls in is named by the heading above it; a section would want one of its own. The
    // bars of a chart are a list whose numbers no text browser should show.
    "prefer-native-element": ["error", { exclude: ["region", "list", "listitem"] }],
  },
};
