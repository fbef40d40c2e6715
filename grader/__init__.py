"""From a submission to a verdict.

`grade(question, text) -> Verdict` is pure: no clock, no storage, no network.  An attempt passes through

    messages -> grade -> kinds/<kind> -> (derivatives) ladder: read, shape, same form, compare, prove
                                      -> (wrong answers) diagnosis: mutated reverse passes
"""
