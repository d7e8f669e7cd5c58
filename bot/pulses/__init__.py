"""Pulses: one question, one tap, and results that give nobody away."""
