"""How a text names a field."""

import re

from reviewbot.analysis.facts import Field


def naming(field: Field) -> re.Pattern[str]:
    """The field as code has it; a name that could be a word of prose only as a member or in quotes."""
    name = field.name.rsplit(".", 1)[-1]
    escaped = re.escape(name)
    if "_" in name.strip("_") or any(letter.isdigit() for letter in name):
        return re.compile(rf"(?<!\w){escaped}(?!\w)")
    return re.compile(rf"(?:->|\w\.)\s?{escaped}(?!\w)|[`'\"]{escaped}[`'\"]")
