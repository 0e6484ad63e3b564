"""The pages of this feature, registered by the modules that `routes` imports."""

from flask import Blueprint

bp = Blueprint("worklist", __name__)
