"""What a lesson calls: claims, predictions, quiz, training with a bar."""

from IPython.display import Markdown

from course_utils.teaching import lesson
from course_utils.teaching.claims import claim
from course_utils.teaching.predictions import predict, reveal
from course_utils.teaching.quiz import quiz
from course_utils.teaching.training import Bar, fit

say = Markdown  # prose with measured numbers in it

__all__ = ["Bar", "claim", "fit", "lesson", "predict", "quiz", "reveal", "say"]
