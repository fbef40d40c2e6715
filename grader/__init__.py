"""From a submission to a verdict.

`grade(question, text) -> Verdict` is pure: no clock, no storage, no network.  An attempt passes
through

    messages -> grade -> kinds/<kind> -> ladder       derivatives: read, shape, compare, prove
                                      -> diagnosis    wrong ones: mistaken reverse passes
"""
