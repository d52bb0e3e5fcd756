"""What the series brought in: the novelty gate of the rule catalogue, section 2.

The names returned here are all that the analysis looks at; a fact is only made when one
end of it is new.
"""

from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Stories
from reviewbot.syntax.model import Access, Root


def names_of_interest(program: Program, stories: Stories) -> tuple[str, ...]:
    """The members and globals that a line written or moved by the series declares or accesses."""
    names: set[str] = set()
    for path in sorted(program.files):
        names |= _declared(program, path)
    for study in program.touched():
        names |= _accessed(study, stories)
    return tuple(sorted(names))


def _declared(program: Program, path: str) -> set[str]:
    """The members and variables on lines of the series."""
    file = program.files[path]
    if not any(origin.patch is not None for fragment in file.view.fragments for origin in fragment.origins):
        return set()
    found = [(struct.fragment, member) for struct in file.structs for member in struct.members]
    names = {member.name for fragment, member in found if _is_of_series(program, path, fragment, member.line)}
    return names | {v.name for v in file.globals if _is_of_series(program, path, v.fragment, v.line)}


def _is_of_series(program: Program, path: str, fragment: int, line: int) -> bool:
    origins = program.files[path].view.fragments[fragment].origins
    return 0 < line <= len(origins) and origins[line - 1].patch is not None


def _accessed(study: Study, stories: Stories) -> set[str]:
    """The members and globals that lines of the series access, one-line helpers looked through."""
    accesses = (access for _, access, _ in stories.expanded(study))
    return {_name(access) for access in accesses if study.origin(access.line).patch is not None} - {""}


def _name(access: Access) -> str:
    members = access.path.members
    if members:
        return members[-1]
    is_variable = access.path.root_kind in (Root.GLOBAL, Root.STATIC_LOCAL)
    return access.path.root if is_variable else ""
