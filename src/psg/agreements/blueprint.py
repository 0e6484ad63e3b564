"""The pages of agreements, registered by the modules that `routes` imports."""

from flask import Blueprint

bp = Blueprint("agreements", __name__)
