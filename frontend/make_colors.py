"""Write src/colors.json: the palette and colour maps of `cnnlib.viz.colors`, as the page needs them."""

import json
from pathlib import Path

from cnnlib.viz.colors import CATEGORIES, COLOR_MAPS, OKABE_ITO
from cnnlib.viz.static import color_map


def colors() -> dict:
    """The palette's names, and each continuous map as 256 colours in one hexadecimal string."""
    maps = {}
    for name in COLOR_MAPS:
        if name != "category":
            table = color_map(name)(range(256), bytes=True)[:, :3]
            maps[name] = table.tobytes().hex()
    return {"palette": OKABE_ITO, "categories": list(CATEGORIES), "maps": maps}


if __name__ == "__main__":
    target = Path(__file__).parent / "src" / "colors.json"
    target.write_text(json.dumps(colors(), indent=1) + "\n", encoding="utf-8")
