"""The report as one HTML file, for a browser: the patches, with the comments on their lines.

It loads nothing, and runs only its own script and styles, which its policy names by their hashes.
Everything that came from outside is cleaned, and escaped by the template.
"""

from reviewbot.publishers.html.page import render

__all__ = ["render"]
