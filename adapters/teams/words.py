"""The few sentences that Teams needs from the adapter itself, in one person's language."""

import re
from dataclasses import dataclass
from typing import Self

from bot.ports import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Templates hold ``{names}``; English where no voice was given."""

    point: str = "{value} of {high}"
    required: str = "Please fill in: {label}"
    typed_scale: str = "{label} ({low} to {high})"
    left_out: str = "{count} more parts did not fit into this message."
    done: str = "Done."
    outdated: str = "This card is out of date. Write “help” to see what I can do."
    unknown: str = "I do not know this action. Write “help” to see what I can do."

    @classmethod
    def of(cls, v: Voice) -> Self:
        """Translate; names in braces stay for later."""
        return cls(
            point=v.say("{value} of {high}", value="{value}", high="{high}"),
            required=v.say("Please fill in: {label}", label="{label}"),
            typed_scale=v.say(
                "{label} ({low} to {high})", label="{label}", low="{low}", high="{high}"
            ),
            left_out=v.say("{count} more parts did not fit into this message.", count="{count}"),
            done=v.say("Done."),
            outdated=v.say("This card is out of date. Write “help” to see what I can do."),
            unknown=v.say("I do not know this action. Write “help” to see what I can do."),
        )


ENGLISH = Words()


def put(template: str, **values: str) -> str:
    """Fill in the names; braces within values stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)
