"""What the series brought in: the novelty gate of the rule catalogue, section 2.

The names returned here are all that the analysis looks at; a fact is only made when one
end of it is new.
"""

from reviewbot.analysis.objects import is_on_stack
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.stories import Stories
from reviewbot.analysis.types import object_name
from reviewbot.syntax.model import Access, Marking, Root


def names_of_interest(program: Program, stories: Stories) -> tuple[str, ...]:
    """The members and globals that a line written or moved by the series declares or accesses."""
    names: set[str] = set()
    for path in sorted(program.files):
        names |= _declared(program, path)
    for study in program.touched():
        names |= _accessed(study, stories)
    return tuple(sorted(names))


def words_to_look_for(program: Program) -> tuple[str, ...]:
    """What to search the tree for before the analysis begins.

    The members and globals that the series accesses, and the functions other files may call
    that it wrote in: their callers tell what is held.
    """
    words: set[str] = set()
    for study in program.touched():
        for _, access in study.accesses():
            if study.origin(access.line).patch is not None and not is_on_stack(access.path):
                words.add(_name(access))
        if not study.function.is_static:
            words.add(study.name)
    return tuple(sorted(words - {""}))


def words_to_look_for_anywhere(program: Program) -> dict[str, tuple[str, ...]]:
    """The same words for a search of the whole tree; by each, the tags of the structs that it is a member of.

    A name that many structs have is looked for only in files that name the struct as well.
    """
    found: dict[str, set[str]] = {word: set() for word in words_to_look_for(program)}
    for study in program.touched():
        for _, access in study.accesses():
            tag = program.types.owner_tag(access.path) if access.path.members else None
            if tag and _name(access) in found:
                found[_name(access)].add(tag.partition(".")[0])
    return {word: tuple(sorted(tags)) for word, tags in found.items()}


def members_to_look_for(program: Program) -> dict[str, tuple[str, ...]]:
    """The members that lines of the series access plainly, with the headers that declare them.

    Other folders work on the structs of the kernel's own headers; there a mark may stand.
    """
    found: dict[str, set[str]] = {}
    for study in program.touched():
        for _, access in study.accesses():
            if study.origin(access.line).patch is not None:
                tag = program.types.owner_tag(access.path) if access.path.members else None
                struct = program.types.struct(tag.partition(".")[0]) if tag else None
                is_plain = access.marking is Marking.PLAIN
                if is_plain and struct is not None and struct.path.startswith("include/"):
                    found.setdefault(access.path.members[-1], set()).add(struct.path)
    return {member: tuple(sorted(headers)) for member, headers in sorted(found.items())}


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
    names = set()
    for _, access, _ in stories.expanded(study):
        name = _name(access)
        if name and study.origin(access.line).patch is not None and not is_on_stack(access.path):
            names.add(name)
            stories.program.note(name, _words_around(access, stories), is_variable=bool(variable(access)))
    return names


def _words_around(access: Access, stories: Stories) -> set[str]:
    """The words that a function which reaches the same object is likely to have, too."""
    members = access.path.members
    tag = stories.program.types.owner_tag(access.path) if members else None
    return {word for word in (tag, object_name(access.path), *members[-2:-1]) if word}


def _name(access: Access) -> str:
    """The member, or the variable, that an access is of."""
    members = access.path.members
    return members[-1] if members else variable(access)


def variable(access: Access) -> str:
    """The variable at file level that an access is of; empty for a member."""
    is_variable = access.path.root_kind in (Root.GLOBAL, Root.STATIC_LOCAL) and not access.path.members
    return access.path.root if is_variable else ""
