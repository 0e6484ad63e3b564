"""What can go wrong with a change, in words for people where people are to read it."""


class DomainError(Exception):
    """A change that the rules refuse. The text is a sentence for the person who tried; shown with status 409.

    field: the answer that it is about, by its name; None when it is about no single one.
    """

    def __init__(self, message: str = "", *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Clash(DomainError):
    """Somebody else saved the same record first."""

    def __init__(self, message: str = "Somebody else saved this while you were working on it.") -> None:
        super().__init__(message)


class AlreadyDone(Exception):
    """The same form was sent twice; `location` is where its first sending led."""

    def __init__(self, location: str) -> None:
        super().__init__("This form was already saved.")
        self.location = location


class UnauditedChange(RuntimeError):
    """A programming mistake: records changed in a transaction that wrote no audit event."""


class WriteOutsideTransaction(RuntimeError):
    """A programming mistake: records changed outside `transaction()`."""
