"""Reminders: what is owed, by whom and when (obligations), and the messages that say so (deliveries).

The database is the queue of record and Celery the clock: a change writes its obligation in its own transaction, and
every few minutes a worker claims due rows with a lease and sends them. A crash between sending and marking can repeat
a message, or a few, with the same Message-ID; we prefer a repeat to a silence.
"""
