"""My work, figures, and the pages that are open to everybody."""

from psg.worklist import figure_pages, my_work_pages, public_pages
from psg.worklist.blueprint import bp

PAGES = (figure_pages, my_work_pages, public_pages)
"""The modules whose views stand on the blueprint."""

__all__ = ["PAGES", "bp"]
