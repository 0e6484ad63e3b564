"""Actions: what was agreed, who does it, by when, and how it went."""
