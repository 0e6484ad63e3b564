"""Pages of actions: those of one case, one action, and lists."""

from psg.actions.routes import changing, listing, of_case, one
from psg.actions.routes.shared import bp

__all__ = ["bp", "changing", "listing", "of_case", "one"]
