"""What the user names on the command line becomes a series."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec.structs import replace

from reviewbot.errors import SourceError
from reviewbot.series.mail import Message, read_message, read_plain
from reviewbot.series.model import Series, Unread
from reviewbot.sources.archive import Archive, fetch, is_mail_name, may_be_mail_name
from reviewbot.sources.commits import is_range, read_range
from reviewbot.sources.git import Repository
from reviewbot.sources.mbox import RawMessage, folder_files, is_quilt, read_path, read_stream
from reviewbot.sources.threads import as_one, group, newest

_ENDINGS = (".mbox", ".patch", ".diff", ".eml", ".gz")


def read_series(
    arguments: tuple[str, ...],
    repository: Repository | None,
    revision: int | None,
    stdin: BinaryIO,
    archive: Archive | None = None,
) -> Series:
    """The series that the arguments name: files, folders, `-`, one revision range, or one mail.

    A mail is a Message-ID, looked up in `archive`, or an address of one. `revision` chooses
    among the revisions found; the newest by default. What was found beside it is named in
    `skipped`, and in `unread` a file that could not be read while others could.

    Raises:
        SourceError: there is nothing to review, with what to do about it.
        TreeError: a range is named outside of a repository.
    """
    mails = [argument for argument in arguments if _is_mail(argument, repository)]
    if mails and len(arguments) > 1:
        message = f"{mails[0]} is in a mail archive: name one mail, or files, not both"
        raise SourceError(message)
    if mails:
        return _from_archive(mails[0], revision, archive or Archive())
    ranges = [argument for argument in arguments if _is_revision(argument)]
    if not ranges:
        return _from_mail(arguments, revision, stdin)
    if len(arguments) > 1:
        message = f"{ranges[0]} is a revision: name one range, or files, not both"
        raise SourceError(message)
    if repository is None:
        message = f"{ranges[0]}: no such file; to review commits stand in a git repository or give --tree"
        raise SourceError(message)
    return read_range(ranges[0], repository)


def read_all(path: Path) -> tuple[Series, ...]:
    """Every series of a mailbox, a maildir or a folder of patches, in the order found.

    Raises:
        SourceError: it cannot be read.
    """
    threads = group(_messages(read_path(path)))
    return tuple(series for thread in threads for series in thread.series)


def names_commits(arguments: tuple[str, ...]) -> bool:
    """Whether any argument names commits, so that a repository is needed to read the series."""
    return any(_is_revision(argument) for argument in arguments)


def _is_mail(argument: str, repository: Repository | None) -> bool:
    """Whether an argument names a mail in an archive, and neither a file nor commits."""
    if Path(argument).exists():
        return False
    if is_mail_name(argument):
        return True
    is_other = is_range(argument) or _looks_like_path(argument)
    return may_be_mail_name(argument) and not is_other and not (repository and repository.knows(argument))


def _is_revision(argument: str) -> bool:
    """Whether an argument names commits: nothing of that name exists as a file."""
    if argument == "-" or is_mail_name(argument):
        return False
    if is_range(argument):
        return True
    return not Path(argument).exists() and not _looks_like_path(argument)


def _looks_like_path(argument: str) -> bool:
    return argument.startswith((".", "/", "~")) or argument.endswith(
        (".mbox", ".patch", ".diff", ".eml", ".gz")
    )


def _from_archive(name: str, revision: int | None, archive: Archive) -> Series:
    found = fetch(name, archive)
    chosen, revisions = newest(group(found.messages), revision, found.meant)
    if chosen is None:
        known = ", ".join(f"v{number}" for number in revisions)
        message = f"{name}: no revision {revision} is in the archive; found {known}"
        raise SourceError(message)
    return replace(chosen, skipped=chosen.skipped + found.notes)


def _from_mail(arguments: tuple[str, ...], revision: int | None, stdin: BinaryIO) -> Series:
    failures: list[tuple[str, SourceError]] = []
    raw = (message for argument in arguments or ("-",) for message in _opened(argument, stdin, failures))
    chosen, revisions = _chosen(tuple(_messages(raw)), arguments, revision)
    unread = tuple(Unread(name, None, _reason(name, error)) for name, error in failures)
    if chosen is not None:
        return replace(chosen, unread=chosen.unread + unread)
    if failures and not revisions:
        raise failures[0][1]
    name = ", ".join(arguments)
    if revisions:
        known = ", ".join(f"v{number}" for number in revisions)
        message = f"{name}: no revision {revision} is here; found {known}"
    else:
        message = f"{name}: mail, but no patch is in it"
    raise SourceError(message)


def _chosen(
    messages: tuple[Message, ...], arguments: tuple[str, ...], revision: int | None
) -> tuple[Series | None, tuple[int, ...]]:
    """The series to review, and the revisions found.

    The patches of a quilt folder, and single patches named together, are one series in their order.
    """
    if len(arguments) == 1 and is_quilt(Path(arguments[0])):
        messages = tuple(message for message in messages if message.patch is not None)
        found = [thread.series[0] for message in messages for thread in group((message,))]
        return (as_one(tuple(found)), ()) if found else (None, ())
    threads = group(messages)
    found = [series for thread in threads for series in thread.series]
    is_loose = len({series.revision for series in found}) == 1 and all(series.total == 1 for series in found)
    if len(arguments) > 1 and is_loose:
        return as_one(tuple(found)), ()
    return newest(threads, revision)


def _opened(argument: str, stdin: BinaryIO, failures: list[tuple[str, SourceError]]) -> Iterator[RawMessage]:
    """The messages of one argument, as far as they can be read; what cannot be is noted."""
    path = Path(argument)
    if argument != "-" and path.is_dir() and (files := folder_files(path)):
        for file in files:
            yield from _opened(str(file), stdin, failures)
        return
    try:
        if argument == "-":
            yield from read_stream(stdin, "standard input")
        else:
            yield from read_path(path)
    except SourceError as error:
        failures.append((argument if argument != "-" else "standard input", error))


def _reason(name: str, error: SourceError) -> str:
    """What is wrong, without the name that stands before it already."""
    text = str(error)
    return text.removeprefix(f"{name}: ").removeprefix(f"{Path(name).name}: ")


def _messages(raw: Iterable[RawMessage]) -> Iterator[Message]:
    for message in raw:
        yield (read_plain if message.is_plain else read_message)(message.data, message.name)
