"""Risk: track and score. Schemes are data; an assessment is never changed, only followed by another."""
