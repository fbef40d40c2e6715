"""A choice among options: by label or by the option's own text."""

from __future__ import annotations

import re

from engine.question import Choice, Option
from grader.misconceptions import misconception
from grader.verdict import Exact, Verdict, correct, incorrect, invalid

LABEL = re.compile(r"^\W*(?:option|answer|choice)?\W*(\w+)\W*$", re.IGNORECASE)


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
    label = LABEL.match(text)
    for form, sought in ((_label, label and label.group(1).casefold()), (_text, _plain(text))):
        found = [option for option in question.options if sought and form(option) == sought]
        if len(found) == 1:
            return found[0]
    return None


def _label(option: Option) -> str:
    return option.label.casefold()


def _text(option: Option) -> str:
    return _plain(option.text)


def _plain(text: str) -> str:
    """Letters and digits and signs alone: case, spaces and dollar signs do not count."""
    return re.sub(r"[\s$]+", " ", text).strip(" .").casefold()
