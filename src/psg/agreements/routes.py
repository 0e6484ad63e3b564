"""Agreements: reading them, writing them, signing them, and what a person of an agency without one is told."""

from psg.agreements import needed, reading_pages, signing_pages, writing_pages
from psg.agreements.blueprint import bp

PAGES = (needed, reading_pages, signing_pages, writing_pages)
"""The modules whose views stand on the blueprint."""

__all__ = ["PAGES", "bp"]
