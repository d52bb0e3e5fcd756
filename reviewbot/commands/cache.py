"""`reviewbot cache`: what is kept of files between runs, and its end."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from reviewbot.cache import LIMIT, clear, info
from reviewbot.commands.folders import cache_folder, facts_path, mail_folder
from reviewbot.commands.output import emit
from reviewbot.errors import ReviewbotError
from reviewbot.publishers import clean

_MB = 1_000_000
_NOWHERE = "there is no cache folder: neither HOME nor XDG_CACHE_HOME names one"


def run_info() -> None:
    """Print where the cache is and what it holds."""
    path = facts_path()
    if path is None:
        raise ReviewbotError(_NOWHERE)
    known = info(path)
    lines = [
        f"file     {clean.line(str(path))}",
        f"entries  {known.entries}",
        f"size     {known.size / _MB:.1f} MB of at most {LIMIT / _MB:.0f} MB",
    ]
    if known.oldest is not None:
        lines.append(f"oldest   last used {datetime.fromtimestamp(known.oldest, UTC):%Y-%m-%d %H}:00 UTC")
    if kept := _mails():
        lines.append(f"mail     {len(kept)} answers of archives, kept for ten minutes")
    emit("".join(f"{line}\n" for line in lines), None)


def run_clear() -> None:
    """Forget all that was kept.

    Raises:
        ReviewbotError: there is no place for a cache, or another run writes to it for long.
    """
    path, folder = facts_path(), cache_folder()
    if path is None or folder is None:
        raise ReviewbotError(_NOWHERE)
    if not clear(path):
        raise ReviewbotError(f"{path}: in use or not writable; end the other runs of reviewbot and try again")
    with suppress(OSError):
        (folder / "rules.json").unlink(missing_ok=True)
    for answer in _mails():
        with suppress(OSError):
            answer.unlink(missing_ok=True)


def _mails() -> list[Path]:
    folder = mail_folder()
    return sorted(folder.glob("*.lore.cache")) if folder else []
