"""Accounts: people who sign in, their sessions, invitations and passwords."""
