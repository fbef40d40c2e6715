"""Worked solutions and hints, derived as the keys are: the reverse pass with its reasons.

solution = worked(question)           # what is shown once the answer may be seen
solution.steps, solution.answer       # Markdown with LaTeX, as statements are
solution.hints                        # from a nudge to all but the answer
walkthrough(program, targets)         # one reverse pass for several derivatives
"""

from generator.solutions.steps import Step, Steps, Way
from generator.solutions.worked import Solution, walkthrough, worked

__all__ = ["Solution", "Step", "Steps", "Way", "walkthrough", "worked"]
