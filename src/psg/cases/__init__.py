"""Cases: a problem about people or a place that agencies work on together, from referral to closure."""
