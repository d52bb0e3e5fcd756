"""What lines of the series declare: members and variables that were not there before."""

from collections.abc import Iterator

from reviewbot.series.view import Fragment
from reviewbot.syntax.facts import FileFacts


def declared_by_series(file: FileFacts) -> Iterator[tuple[str | None, str]]:
    """Struct and name of each member and variable (struct None) on a line that the series wrote."""
    for struct, name, fragment, line in _declarations(file):
        if _is_of_series(file.view.fragments[fragment], line):
            yield struct, name


def _declarations(file: FileFacts) -> Iterator[tuple[str | None, str, int, int]]:
    """Struct, name, fragment and line of each variable and member that a file declares."""
    for variable in file.globals:
        yield None, variable.name, variable.fragment, variable.line
    for struct in file.structs:
        for member in struct.members:
            yield struct.tag, member.name, struct.fragment, member.line


def _is_of_series(fragment: Fragment, line: int) -> bool:
    """Whether the series wrote a line, rather than moved it."""
    if not 0 < line <= len(fragment.origins):
        return False
    origin = fragment.origins[line - 1]
    return origin.patch is not None and not origin.moved
