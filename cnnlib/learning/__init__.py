"""What is asked, what was answered, and when it is asked again: no pictures, no page.

>>> from cnnlib.learning import find
>>> find("01.window").kind
'number'
"""

from cnnlib.learning.grading import Grade, Unreadable, grade
from cnnlib.learning.items import Belief, Item, find, items
from cnnlib.learning.record import Record, my_record, note_exercise, tally
from cnnlib.learning.truths import NotYet, compute

__all__ = [
    "Belief",
    "Grade",
    "Item",
    "NotYet",
    "Record",
    "Unreadable",
    "compute",
    "find",
    "grade",
    "items",
    "my_record",
    "note_exercise",
    "tally",
]
