"""What can go wrong with keys and sealed values. No message ever carries a key or a sealed text."""


class KeyProblem(Exception):
    """Keys are missing, unreadable or wrong. The text is for the operator and says what to do about it."""

    def __init__(self, *problems: str) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(problems))


class Unopenable(Exception):
    """A sealed value did not open: changed, moved, rolled back to another key, or sealed under a key we do not have.

    Of a record that is not erased this is an alarm, never a reason to show something else.
    """


class NoDataKey(Unopenable):
    """The record has no data key at all: it was never made, or its row was taken away."""


class Erased(Exception):
    """The record's data key was destroyed on purpose; nothing sealed under it can be read again."""
