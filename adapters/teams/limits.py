"""Figures of the platform and our own, each with its source."""

from typing import Final

# One activity of Teams stays far below; Azure Bot Service itself accepts 256 KB per activity.
BODY_LIMIT: Final = 1024 * 1024

# "Format your bot messages" (Microsoft Learn): about 100 KB of UTF-16 for one message, mentions and
# reactions included. The rest is left for what Teams adds.
MESSAGE_BYTES: Final = 80_000
# Of those, the activity around the card: ids, summary, addresses.
ENVELOPE_BYTES: Final = 4_000
# Teams store validation guidelines: at most six actions together.
ACTIONS: Final = 6
# Points of a scale side by side: what a phone of 360 pixels still shows as targets of 44 pixels.
POINTS_IN_ROW: Final = 6
# Scales with more points than this are typed instead of tapped.
TAPPED_POINTS: Final = 12
# A phone does not scroll a table sideways, nor anybody a chat past this many rows.
TABLE_COLUMNS: Final = 8
TABLE_ROWS: Final = 100
CHART_POINTS: Final = 50
CHART_SERIES: Final = 12
# Titles of buttons and of dialogs are cut by the clients without a mark beyond about these.
TITLE: Final = 120
LABEL: Final = 400
SUMMARY: Final = 300
FALLBACK_TEXT: Final = 1_500
# Parts, rows or options that this much text can name at all.
FALLBACK_PARTS: Final = 100
# Lines of one text; more than anybody reads in a chat, few enough for slow phones.
LINES: Final = 150
# Most characters shown of one text, tried in this order until the message fits.
TEXT_STEPS: Final = (20_000, 6_000, 2_000, 600, 200, 60)

# "Optimize your bot with rate limiting in Teams" (October 2026): 50 requests a second for one app
# in one tenant. Teams splits long messages itself, which counts twice, hence the margin.
TENANT_PER_SECOND: Final = 40.0
# Same page, one bot in one conversation: messages in seconds.
CONVERSATION: Final = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
# Longer waits for a place in these windows are given back to the queue.
LONGEST_WAIT: Final = 5.0
# Without Retry-After, a refusal for the rate lasts about this long (429, 412).
DEFAULT_RETRY_AFTER: Final = 2.0
LONGEST_RETRY_AFTER: Final = 600.0

CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 20.0
CONNECTIONS: Final = 100
# What is read of an answer; error pages of gateways may be long.
ANSWER_BYTES: Final = 64 * 1024

# JWT rules of the Bot Connector ("Authenticate requests from the Bot Connector service").
CLOCK_LEEWAY: Final = 300
KEYS_LIVE: Final = 24 * 3600.0
# An unknown key asks for the key set again, but a stranger's tokens must not make us ask all day.
KEYS_COOLDOWN: Final = 45.0
KEYS_SECONDS: Final = 5.0
KEYS_BYTES: Final = 1024 * 1024
TOKEN_HEADER: Final = 16 * 1024

# Tokens live about an hour; a new one is fetched this early.
TOKEN_EARLY: Final = 300.0
# After a refusal by the identity provider nothing is asked for this long.
TOKEN_COOLDOWN: Final = 30.0

# The largest sealed state of a dialog that we read back.
STATE_BYTES: Final = 256 * 1024
