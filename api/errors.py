"""What can go wrong on the service's side, as one tree.

    ApiError
    ├── Unauthenticated        no token, or one nobody knows
    ├── Forbidden              the token's role does not reach that far
    ├── NotFound               there is no such thing, or it is not for this reader
    │   └── NotGradedYet       the attempt is there, its verdict is not
    ├── Invalid                the request can be read, and asks for something that cannot be
    │   └── KeyReused          an Idempotency-Key that belongs to another request
    ├── Conflict               it cannot be as things are now
    │   ├── NotAccepted        an answer that is too early, too late, or one too many
    │   ├── StillGrading       it depends on a verdict that is not there yet
    │   └── KeyInUse           the first request with this Idempotency-Key is not done yet
    ├── Changed                somebody else has changed it since it was read (If-Match)
    ├── Unconditional          a change without saying of what (If-Match)
    ├── TooMany                more requests than a token may make in a time
    ├── BrokerDown             the queue cannot be reached; the attempt stays pending
    ├── Overloaded             so many answers wait that no more are taken; later they are
    ├── StoreUnavailable       the database is locked or away; trying again helps
    ├── BackupFailed           a backup that cannot be made, read or put in place
    ├── MalformedMessage       a queue message that does not keep the contract
    └── SettingsError          an environment variable that makes no sense

HTTP codes are in problems.py and nowhere else.
"""

from __future__ import annotations


class ApiError(Exception):
    """Anything this package raises on purpose; its text may be shown to the reader."""


class Unauthenticated(ApiError):
    """No bearer token, or an unknown one."""


class Forbidden(ApiError):
    """The token is known, and its role is not enough."""


class NotFound(ApiError):
    """Nothing of that name exists for this reader."""

    def __init__(self, kind: str, name: object, message: str = "") -> None:
        super().__init__(message or f"There is no {kind} {str(name)!r} here.")


class NotGradedYet(NotFound):
    """The attempt is stored and waits for its verdict."""

    def __init__(self, attempt: object) -> None:
        ApiError.__init__(self, f"Attempt '{attempt}' has no verdict yet; ask again in a moment.")


class Invalid(ApiError):
    """A well-formed request for something that cannot be."""


class KeyReused(Invalid):
    """An Idempotency-Key that came with another request before."""


class Conflict(ApiError):
    """Something that cannot be done as things are now."""


class NotAccepted(Conflict):
    """An answer that its practice set does not accept (any more)."""


class StillGrading(Conflict):
    """Something that depends on a verdict which is not there yet; trying again helps."""


class KeyInUse(Conflict):
    """Another request with the same Idempotency-Key is being carried out; trying again helps."""


class Changed(ApiError):
    """The resource is not what the If-Match header says any more."""


class Unconditional(ApiError):
    """A change to a resource without an If-Match header."""


class TooMany(ApiError):
    """One request more than a token may make in a time."""

    def __init__(self, message: str, seconds: int) -> None:
        super().__init__(message)
        self.seconds = seconds


class BrokerDown(ApiError):
    """The broker cannot be reached."""


class Overloaded(ApiError):
    """As many answers wait as may."""


class StoreUnavailable(ApiError):
    """The database cannot be used just now."""


class BackupFailed(ApiError):
    """A backup could not be made or restored; what was there before is as it was."""


class MalformedMessage(ApiError):
    """A queue message outside its contract."""


class SettingsError(ApiError):
    """An environment variable with a value that makes no sense."""
