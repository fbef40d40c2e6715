"""What can go wrong in the mathematics.

EngineError
├── ShapeError          operands whose symbolic shapes do not fit
├── UnknownOperator     a name that is no row of the operator table
├── UnknownSymbol       a name that is bound to nothing
├── ProgramError        a forward program that is not one
├── SamplingError       no sample point satisfies the program's domain
└── PrecisionExhausted  balls stayed too wide for a verdict at the highest precision
"""

from __future__ import annotations


class EngineError(Exception):
    """Base of every error the engine raises on purpose."""


class ShapeError(EngineError):
    """Operands whose symbolic shapes do not fit; the message names both shapes."""


class UnknownOperator(EngineError):
    """A name that is no row of the operator table."""


class UnknownSymbol(EngineError):
    """A name that is bound to nothing."""


class ProgramError(EngineError):
    """A forward program that is not one: a name twice, a use before its definition, no loss."""


class SamplingError(EngineError):
    """No sample point satisfies the program's domain within the allowed number of draws."""


class PrecisionExhausted(EngineError):
    """Balls stayed too wide to refute or to agree, at the highest precision allowed."""
