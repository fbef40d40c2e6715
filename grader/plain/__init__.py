"""Plain mathematics without an exercise: two texts, read as functions of real numbers.

tokens     a text as tokens, whichever notation it is typed in
words      what the words of both texts are: variables, products, functions
functions  the functions, written with the operators of the table
reader     tokens to an expression
statement  expressions, equations and inequalities
relations  what two of them have to do with each other
lists      lists, points, intervals, sets and matrices, item by item
conditions relations with `and`, `or`, `not`, intervals and sets, by the numbers that fulfil them
"""
