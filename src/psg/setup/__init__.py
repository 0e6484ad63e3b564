"""Setting an installation up: partnerships from a file, and the system administrator's pages."""
