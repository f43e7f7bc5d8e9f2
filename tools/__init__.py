"""Programs that build the course's files and hold them to its rules. Run them as ``python -m tools.NAME``."""
