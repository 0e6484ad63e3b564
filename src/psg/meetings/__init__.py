"""Meetings: a group's series, the agenda built from live cases, decisions, and the record made from them."""
