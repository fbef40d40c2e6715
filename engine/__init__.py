"""The mathematics of Gradbook: a typed expression language, its operator table and reverse mode.

Everything here is pure: no clock, no storage, no network.  The grammar of the whole package:

    Expr ::= Var(name, shape) | Const(rational) | Apply(operator, args, attributes)

A forward program, a reference gradient and a student's answer are all `Expr`.
"""
