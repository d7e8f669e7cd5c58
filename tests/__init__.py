"""Tests: `bot/` dialogues, `golden/` cards, `contracts/` for ports, `fakes/` of the platforms."""
