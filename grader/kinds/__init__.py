"""One module per kind of question; each has `grade(question, text) -> Verdict`."""
