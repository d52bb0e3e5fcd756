"""Review files that b4 review takes into the tracking commit of its branch."""

from reviewbot.publishers.b4.files import IDENTITY, Made, rendered
from reviewbot.publishers.b4.folder import put

__all__ = ["IDENTITY", "Made", "put", "rendered"]
