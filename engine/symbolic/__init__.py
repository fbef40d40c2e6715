"""Exact and rigorous mathematics: balls, entrywise expansion, the bounded proof.

The only place of FLINT and SymPy.  `balls` decides, `prove` certifies, `entrywise` with SymPy is
an oracle for tests and certificates; SymPy is imported only when that oracle is asked for.
"""
