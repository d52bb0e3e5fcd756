"""Tables of threads that several kinds of question share."""

from reviewbot.analysis import wording
from reviewbot.analysis.facts import Interleaving, Step
from reviewbot.analysis.stories import Seen


def message_passing(
    writer: Seen, reader: Seen, payload: str, barriers: tuple[str, str] = ("", "")
) -> Interleaving:
    """Data, then flag; flag, then data: the read of the data may still give the old value.

    `barriers` are those that stand between the two on the side of the store and of the check.
    """
    rows = (
        Step(0, f"{payload} = ..."),
        Step(0, barriers[0]),
        Step(0, writer.access.line_text, arrow="- ->"),
        Step(1, reader.access.line_text),
        Step(1, barriers[1]),
        Step(1, f"    use {payload}", remark="<- may be old", arrow="?"),
    )
    columns = (wording.function(writer.access), wording.function(reader.access))
    return Interleaving(columns, tuple(row for row in rows if row.text))
