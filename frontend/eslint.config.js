import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser } },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error", "max-lines": ["error", 300] },
  },
  { files: ["build.js", "eslint.config.js"], languageOptions: { globals: { ...globals.node } } },
];
