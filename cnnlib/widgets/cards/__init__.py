"""Cards: predictions before an experiment, questions that answer back, and the learner's course."""

from cnnlib.widgets.cards.assessment import Test, test
from cnnlib.widgets.cards.course import Course, my_course
from cnnlib.widgets.cards.prediction import Prediction, predict
from cnnlib.widgets.cards.questions import Quiz, Review, Worked, quiz, review, worked

__all__ = [
    "Course",
    "Prediction",
    "Quiz",
    "Review",
    "Test",
    "Worked",
    "my_course",
    "predict",
    "quiz",
    "review",
    "test",
    "worked",
]
