"""Looking after PSG itself: which reminders went out, who looked at what, and whether the installation is well."""
