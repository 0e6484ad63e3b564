"""Who may do what: roles, one table of rules, and the gate of every request. Anything not granted is refused."""

from psg.access.guard import can, page, public, requires, signed_in, standing, viewer
from psg.access.permissions import Permission
from psg.access.roles import Role
from psg.access.viewer import Standing, Viewer

__all__ = [
    "Permission",
    "Role",
    "Standing",
    "Viewer",
    "can",
    "page",
    "public",
    "requires",
    "signed_in",
    "standing",
    "viewer",
]
