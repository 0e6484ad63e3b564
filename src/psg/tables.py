"""Every table of the application, imported: for what has to know all of them (migrations, verification, drawings)."""

import psg.accounts.models
import psg.actions.models
import psg.agreements.models
import psg.audit.models
import psg.cases.models
import psg.crypto.datakeys
import psg.db.once
import psg.meetings.models
import psg.partnerships.models
import psg.people.models
import psg.reminders.models
import psg.risk.models

__all__ = ["psg"]
