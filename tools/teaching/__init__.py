"""What a teacher calls: `course.py release`, `hand-in`, `collect`; the bank of questions."""
