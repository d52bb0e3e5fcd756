"""`reviewbot litmus --check-with-herd`: what herd7 says of a test, beside what we say."""

from enum import Enum

from reviewbot.errors import HerdError
from reviewbot.memory_model.check import Outcomes
from reviewbot.memory_model.herd import PROGRAM, Herd, differences


class Opinion(Enum):
    """How herd7 and we stand to each other; the value is what the summary says."""

    SAME = "as herd7 has them"
    OTHER = "not as herd7 has them"
    OPEN = "not compared with herd7"


def compared(text: str, result: Outcomes, herd: Herd) -> tuple[Opinion, tuple[str, ...]]:
    """How herd7's outcomes of a test stand to ours, with the lines to print.

    Args:
        text: The test as it was read.
        result: What we say.
        herd: Whom to ask, with the same model.
    """
    name = result.test.name
    if result.unknown is not None:
        return Opinion.OPEN, (f"NOT COMPARED {name}: we did not look at everything",)
    try:
        said = herd.ask(text)
    except HerdError as error:
        return Opinion.OPEN, (f"NOT COMPARED {name}: {error}",)
    if not said.is_whole:
        return Opinion.OPEN, (f"NOT COMPARED {name}: a loop goes round more often than {PROGRAM} follows it",)
    found = tuple(differences(result, said))
    if found:
        return Opinion.OTHER, tuple(f"DIFFERENT {name}: {PROGRAM} {each}" for each in found)
    return Opinion.SAME, (f"Same {name}: {PROGRAM} agrees",)
