"""PSG: the case-management system of a Community Safety Partnership's Problem Solving Groups."""

__version__ = "0.1.0"
