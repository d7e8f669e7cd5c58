"""Slack: over HTTP against the fake workspace."""
