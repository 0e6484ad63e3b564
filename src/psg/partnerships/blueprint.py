"""The pages of partnerships, registered by the modules that `routes` imports."""

from flask import Blueprint

bp = Blueprint("partnerships", __name__)
