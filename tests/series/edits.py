"""Files edited step by step, and the series that shows the steps."""

from collections.abc import Sequence
from difflib import unified_diff

from hypothesis import strategies as st

from reviewbot.series.diff import read_diff
from reviewbot.series.model import Patch, Person, Series

Lines = list[str]


def diff_of(path: str, before: Lines | None, after: Lines | None) -> str:
    """The diff as git writes it; None for a file that does not exist."""
    names = ("/dev/null" if before is None else f"a/{path}"), ("/dev/null" if after is None else f"b/{path}")
    shown = unified_diff(before or [], after or [], *names, n=3, lineterm="")
    return f"diff --git a/{path} b/{path}\n" + "".join(f"{line}\n" for line in shown)


def series_of(*diffs: str, skip: Sequence[int] = ()) -> Series:
    """A series of one patch a diff, without those whose index is in `skip`."""
    patches = [_patch(index, diff) for index, diff in enumerate(diffs, 1) if index not in skip]
    return Series("edits", 1, len(diffs), tuple(patches))


def _patch(index: int, diff: str) -> Patch:
    files, unread = read_diff(diff.encode())
    return Patch(index, f"step {index}", "", "", Person("", ""), None, files=files, unread=unread)


@st.composite
def histories(draw: st.DrawFn, most: int = 40, distinct: bool = True) -> list[Lines]:
    """A file and its next states; with `distinct`, no two lines that ever stood in it are the same."""
    counter = iter(range(10**6))
    words = st.sampled_from(["}", "", "\treturn 0;", "\tlamp_lock(l);", "{"])

    def line() -> str:
        return f"\tstep_{next(counter)}(lamp);" if distinct else draw(words)

    states = [[line() for _ in range(draw(st.integers(0, most)))]]
    for _ in range(draw(st.integers(1, 5))):
        state = list(states[-1])
        for _ in range(draw(st.integers(1, 3))):
            start = draw(st.integers(0, len(state)))
            end = min(len(state), start + draw(st.integers(0, 4)))
            state[start:end] = [line() for _ in range(draw(st.integers(0, 4)))]
        states.append(state)
    return states
