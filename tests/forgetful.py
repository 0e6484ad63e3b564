"""What is remembered may be thrown away by another thread at any moment."""

from typing import Any


class Forgetful(dict[Any, Any]):
    """Emptied by somebody else as soon as something is put into it."""

    def __setitem__(self, key: Any, value: Any) -> None:
        """Forget it at once."""
