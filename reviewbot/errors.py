"""The errors that reviewbot raises on purpose; each says what to do next."""


class ReviewbotError(Exception):
    """Something the user can put right: printed as one line, exit status 2."""


class SourceError(ReviewbotError):
    """A series cannot be read: no mailbox, an unknown revision, an empty file."""


class TreeError(ReviewbotError):
    """The tree that a series applies to cannot be read."""


class RuleError(ReviewbotError):
    """A rule page is wrong; the text begins with `file:line:`."""


class VocabularyError(ReviewbotError):
    """The kernel vocabulary is wrong; the text names the key."""


class ModelError(ReviewbotError):
    """A memory model cannot be read or used; where a file is to blame, the text begins with its place."""


class LitmusError(ReviewbotError):
    """A litmus test cannot be read or judged; the text begins with `file:line:column:`."""


class HerdError(ReviewbotError):
    """herd7 is not there, or does not answer."""


class ReaderGoneError(ReviewbotError):
    """Nobody reads standard output any more; no OSError, for click ends with 1 on a broken pipe."""


class ForgeError(ReviewbotError):
    """A forge (GitHub, GitLab) cannot be asked, or refuses; the text never holds the token."""
