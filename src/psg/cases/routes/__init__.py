"""Pages of cases. The case page itself and its sub-pages are in psg.casefile, which may look at actions and risk."""

from psg.cases.routes import deciding, finding, listing, notes, parties, referring
from psg.cases.routes.shared import bp

__all__ = ["bp", "deciding", "finding", "listing", "notes", "parties", "referring"]
