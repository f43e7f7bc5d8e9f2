"""Catalogues in gettext's form: what a learner reads, and what it is called in other languages.

    python -m tools.translating update          collect the texts anew; changed ones become fuzzy
    python -m tools.translating compile         write what the package reads, cnnlib.mo
    python -m tools.translating check           say what is not up to date, or not translated
    python -m tools.translating new fr 00       begin a language, with some notebooks

docs/translating.md tells how a language is made.
"""
