"""Pictures of witnesses inside the page: their styles are named in its policy, once for all of them."""

import re

from markupsafe import Markup

from reviewbot.findings import Witness

MOST = 50
"""Pictures in one page; each takes some hundredths of a second. The table of threads says the same."""

_STYLE = re.compile(r"<style>(.*?)</style>\n?", re.DOTALL)
_SIZE = re.compile(r"(<svg\b[^>]*?) style=\"[^\"]*\"")


class Pictures:
    """Draws witnesses, those of one test once, and gathers the styles that they need."""

    def __init__(self) -> None:
        self._drawn: dict[str, Markup] = {}
        self.styles: dict[str, None] = {}
        """The texts of style elements, in order."""

    def draw(self, witness: Witness) -> Markup:
        """The SVG element without styles of its own; empty where there is none, or too many."""
        if witness.draw is None:
            return Markup()
        test = witness.test_as_posted
        if test not in self._drawn:
            if len(self._drawn) >= MOST:
                return Markup()
            self._drawn[test] = self._bare(witness.draw())
        return self._drawn[test]

    def _bare(self, svg: str) -> Markup:
        """The policy of the page forbids attributes with styles, and wants the hash of every element."""
        self.styles |= dict.fromkeys(_STYLE.findall(svg))
        return Markup(_SIZE.sub(r"\1", _STYLE.sub("", svg), count=1))  # noqa: S704 - drawn by us, escaped there
