"""People: a thin shared record (names, aliases, date of birth), and exact finding without opening the records."""
