"""Microsoft Teams: `app` → `auth` → `parse` → `handler` → `answers`; outwards `render` → `send`.

Quirks of the platform, each with a test:
* Conversation ids hold colons, slashes and semicolons: our ids carry them as base64url, and paths
  carry them percent-encoded and whole.
* An invoke answered with nothing shows "Unable to reach app" and comes a second time.
* The answer to a press changes the card for the one who pressed; the message itself needs a PUT.
* A button that opens a dialog must say so before it is pressed (`task/fetch`).
* The bot cannot write to anybody without a saved route: `proactive` reads and writes it.
* Installing sends two events at the same time, and removing too.
* `botbuilder-core` is archived: only `botbuilder.py` and `handler.py` import it.
"""
