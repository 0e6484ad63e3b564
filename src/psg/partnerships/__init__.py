"""Partnerships: the agencies in them, their groups, and who holds which role where."""
