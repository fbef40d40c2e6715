"""Why an answer is wrong: it is matched against the values of mutated reverse passes."""
