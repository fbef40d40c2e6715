"""A choice among options: by label or by the option's own text."""

from __future__ import annotations

import re

from engine.question import Choice, Option
from grader.misconceptions import misconception
from grader.verdict import Exact, Verdict, correct, incorrect, invalid

LABEL = re.compile(
    r"^\W*(?:(?:the |my )?(?:option|answer|choice)(?: is)?)?\W*(\w+)\W*$", re.IGNORECASE
)
SHORTEST = 5  # characters of an option's text that may stand for it


def grade(question: Choice, text: str) -> Verdict:
    """The verdict on a choice; a distractor's misconception is the diagnosis."""
    option = _chosen(question, text)
    if option is None:
        labels = ", ".join(each.label for each in question.options)
        return invalid("choice", f"Choose one of {labels}.", (0, len(text)))
    if option.label == question.key:
        message = f"Correct. {option.comment}".strip()
        return correct("choice", message, Exact("the right option"))
    return _wrong(option)


def _wrong(option: Option) -> Verdict:
    found = (misconception(option.misconception).diagnosis({}),) if option.misconception else ()
    message = option.comment or (found[0].feedback if found else f"{option.label} is not it.")
    evidence = Exact("another option", {"chosen": option.label})
    return incorrect("choice", message, evidence, diagnosis=found)


def _chosen(question: Choice, text: str) -> Option | None:
    """The option that a text names; None when it names none or several."""
    label, plain = LABEL.match(text), _plain(text)
    for option in question.options:
        if label and option.label.casefold() == label.group(1).casefold():
            return option
    exact = [each for each in question.options if _plain(each.text) == plain]
    begun = [each for each in question.options if _begins(_plain(each.text), plain)]
    found = exact or begun
    return found[0] if len(found) == 1 else None


def _begins(text: str, start: str) -> bool:
    """Whether `start` is the beginning of an option, up to the end of a word."""
    rest = text[len(start) :]
    return len(start) >= SHORTEST and text.startswith(start) and not rest[:1].isalnum()


def _plain(text: str) -> str:
    """Letters and digits and signs alone: case, spaces and dollar signs do not count."""
    return re.sub(r"[\s$]+", " ", text).strip(" .").casefold()
