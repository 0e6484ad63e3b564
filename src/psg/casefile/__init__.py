"""The case page and everything one reads about a case in one place: composed from cases, actions, risk and meetings.

Read only. What changes a case is in the package that owns the change.
"""
