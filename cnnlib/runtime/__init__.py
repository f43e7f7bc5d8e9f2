"""The machine: threads, and progress bars."""
