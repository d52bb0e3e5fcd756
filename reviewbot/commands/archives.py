"""The mail archive that a run asks."""

from reviewbot.commands.folders import mail_folder
from reviewbot.sources.archive import LORE, Archive, archive_base


def archive(address: str | None, is_uncached: bool = False) -> Archive:
    """The mail archive that was named, or lore.

    Raises:
        SourceError: that is no address.
    """
    return Archive(archive_base(address or LORE), None if is_uncached else mail_folder())
