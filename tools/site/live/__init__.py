"""Live pages: the readable pages run their own cells, with one Python in a Web Worker.

`cells` reads from a notebook what each cell needs, `python` packs Python for the page, `record` keeps frames
of widgets that move before any Python comes, `scripts` bundles the page's half, `course_page` is Python's.
"""
