"""Series made of C text, and what the analysis makes of them, without a tree."""

import io
import textwrap
from typing import TypeVar

from reviewbot.analysis.facts import Fact
from reviewbot.analysis.understand import Analysis
from reviewbot.pipeline import Review, review
from reviewbot.sources.read import read_series

AnyFact = TypeVar("AnyFact", bound=Fact)

PATH = "drivers/misc/demo.c"

HEAD = """\
From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001
From: Robin Example <robin@example.org>
Date: Tue, 4 Mar 2025 10:00:00 +0000
Subject: [PATCH] demo: Change one thing
Message-ID: <demo-1@example.org>

A change to look at.

Signed-off-by: Robin Example <robin@example.org>
---
"""


def mail(text: str, path: str = PATH) -> bytes:
    """A mail that adds a file with this text; or a hunk of one, where lines begin with + - or a blank."""
    lines = textwrap.dedent(text).strip("\n").split("\n")
    if any(line.startswith("+") for line in lines):
        old = sum(not line.startswith("+") for line in lines)
        new = sum(not line.startswith("-") for line in lines)
        head = f"--- a/{path}\n+++ b/{path}\n@@ -40,{old} +40,{new} @@\n"
        lines = [line or " " for line in lines]
    else:
        head = f"new file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n"
        lines = [f"+{line}" for line in lines]
    body = "".join(f"{line}\n" for line in lines)
    return f"{HEAD}diff --git a/{path} b/{path}\n{head}{body}-- \n2.47.0\n\n".encode()


def in_hunks(*hunks: tuple[str, str], path: str = PATH) -> bytes:
    """A mail that changes a file in these hunks: of each what stands behind the @@, and its lines."""
    body, line, growth = "", 40, 0
    for heading, text in hunks:
        lines = [one or " " for one in text.strip("\n").split("\n")]
        old, new = (sum(not one.startswith(sign) for one in lines) for sign in "+-")
        body += f"@@ -{line},{old} +{line + growth},{new} @@ {heading}\n" + "".join(
            f"{one}\n" for one in lines
        )
        line, growth = line + old + 100, growth + new - old
    head = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n"
    return f"{HEAD}{head}{body}-- \n2.47.0\n\n".encode()


def added(old: str, new: str) -> str:
    """A hunk that adds code below older code."""
    before = "".join(f" {line}\n" for line in old.strip().splitlines())
    return before + " \n" + "".join(f"+{line}\n" for line in new.strip().splitlines())


def reviewed(text: str | bytes, path: str = PATH) -> Review:
    """The review of the series that such a mail is."""
    data = text if isinstance(text, bytes) else mail(text, path)
    return review(read_series(("-",), None, None, io.BytesIO(data)))


def analysis(text: str | bytes, path: str = PATH) -> Analysis:
    """The analysis of such a series."""
    return reviewed(text, path).analysis


def facts(text: str | bytes, kind: type[AnyFact], path: str = PATH) -> list[AnyFact]:
    """The facts of one kind that such a series gives rise to."""
    return [fact for fact in analysis(text, path).facts() if isinstance(fact, kind)]
