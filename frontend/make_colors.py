"""Write src/colors.json and src/tokens.css: what `cnnlib.viz.colors` says, as the page needs it."""

import json
from pathlib import Path

from cnnlib.viz.colors import CATEGORIES, COLOR_MAPS, OKABE_ITO, RAMPS, THEMES
from cnnlib.viz.static import color_map


def table(name: str, theme: str = "light") -> str:
    """A colour map as 256 colours in one hexadecimal string."""
    return color_map(name, theme)(range(256), bytes=True)[:, :3].tobytes().hex()


def colors() -> dict:
    """Names, themes, and each continuous map; one that follows the theme has a table for each."""
    maps = {}
    for name in COLOR_MAPS:
        if name != "category":
            maps[name] = {theme: table(name, theme) for theme in THEMES} if name in RAMPS else table(name)
    return {"palette": OKABE_ITO, "categories": list(CATEGORIES), "themes": THEMES, "maps": maps}


#: Pages that say they are dark: JupyterLab, VS Code, Colab, and the course's site.
DARK = (
    'body[data-jp-theme-light="false"]', "body.vscode-dark", "body.vscode-high-contrast",
    'html[theme="dark"]', 'html[data-theme="dark"]',
)  # fmt: skip


def tokens() -> str:
    """The colours of both themes as a style sheet."""
    rules = []
    for theme, where in (("light", ".cnn-widget"), ("dark", f":is({', '.join(DARK)}) .cnn-widget")):
        lines = [f"  --cnn-{name}: {code};" for name, code in THEMES[theme].items()]
        rules.append("\n".join([f"{where} {{", f"  color-scheme: {theme};", *lines, "}", ""]))
    return "/* Written by make_colors.py. */\n" + "\n".join(rules)


if __name__ == "__main__":
    source = Path(__file__).parent / "src"
    (source / "colors.json").write_text(json.dumps(colors(), indent=1) + "\n", encoding="utf-8")
    (source / "tokens.css").write_text(tokens(), encoding="utf-8")
