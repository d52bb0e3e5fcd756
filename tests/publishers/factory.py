"""A small series and its report, made by hand: a flag stored in patch 1 and tested in patch 2."""

from datetime import UTC, datetime, timedelta, timezone

from msgspec.structs import replace

from reviewbot.analysis.facts import (
    Confidence,
    Field,
    HeldLock,
    Interleaving,
    Place,
    ReadSection,
    SharedAccess,
    Step,
)
from reviewbot.findings import Concern, Finding, Hidden, Report, Suggestion
from reviewbot.series.model import Envelope, FileDiff, Hunk, Patch, Person, Series, Status, Unread
from reviewbot.syntax.model import Kind, Marking

CORE = "drivers/net/demo/core.c"
NOW = datetime(2024, 3, 2, 8, 30, tzinfo=UTC)
POSTED = datetime(2024, 3, 1, 21, 5, 7, tzinfo=timezone(timedelta(hours=1)))
ANNA = Person("Anna Example", "anna@example.org")
LIST = Person("", "netdev@example.org")
RAVI = Person("Ravi Reader", "ravi@example.com")

READY = Field("demo", "ready")

SETUP = Hunk(
    40,
    7,
    40,
    14,
    "static int demo_alloc(struct demo *d)",
    (
        " \tif (!d->table)",
        " \t\treturn -ENOMEM;",
        " ",
        "+\t/* every entry is empty */",
        "+\tmemset(d->table, 0xff, d->size);",
        "+",
        "+\tmutex_lock(&d->lock);",
        "+\td->ready = true;",
        "+\tmutex_unlock(&d->lock);",
        "+",
        " \treturn 0;",
        " }",
        " ",
        " static void demo_free(struct demo *d)",
    ),
)

DECLARED = Hunk(
    12,
    4,
    12,
    5,
    "struct demo {",
    (" \tu32 *table;", " \tsize_t size;", "+\tbool ready;", " };", " "),
)

CHECKS = tuple(
    Hunk(
        start,
        4,
        start + shift,
        6,
        f"u32 {name}(struct demo *d, u32 key)",
        (
            " {",
            " \tu32 found;",
            " ",
            "+\tif (!d->ready)",
            "+\t\treturn 0;",
            " \tfound = d->table[key % d->size];",
        ),
    )
    for start, shift, name in ((90, 0, "demo_find"), (130, 2, "demo_peek"), (200, 4, "demo_next"))
)


def patch(index: int, subject: str, *files: FileDiff) -> Patch:
    """A patch of the series, as a mail."""
    envelope = Envelope(
        message_id=f"20240301200507.1234-{index + 1}-anna@example.org",
        in_reply_to="20240301200507.1234-1-anna@example.org",
        references=("20240301200507.1234-1-anna@example.org",),
        to=(LIST,),
        cc=(RAVI, Person("Łukasz, the maintainer", "lukasz@example.net")),
        sender=ANNA,
        raw_subject=f"[PATCH net-next v2 {index}/3] {subject}",
    )
    return Patch(index, subject, "Why.", "", ANNA, POSTED, files=files, envelope=envelope)


def modified(path: str, *hunks: Hunk) -> FileDiff:
    return FileDiff(path, path, Status.MODIFIED, hunks)


def series() -> Series:
    """Patches 1 and 2 of three, sent by mail."""
    return Series(
        subject="net: demo: answer before the table is full",
        revision=2,
        total=3,
        patches=(
            patch(
                1,
                "net: demo: remember when the table is ready",
                modified("drivers/net/demo/demo.h", DECLARED),
                modified(CORE, SETUP),
            ),
            patch(2, "net: demo: look before the table is used", modified(CORE, *CHECKS)),
        ),
        prefix="PATCH net-next v2",
        missing=(3,),
    )


LOCK = HeldLock("d->lock", "demo.lock", True, "seen")


def store() -> SharedAccess:
    return SharedAccess(
        READY,
        Place(CORE, 47, 1, "demo_alloc"),
        Kind.WRITE,
        Marking.PLAIN,
        "d->ready",
        "d->ready = true;",
        held=(LOCK,),
        is_new=True,
        object_text="d",
        value_text="true",
    )


def check(line: int, function: str) -> SharedAccess:
    return SharedAccess(
        READY,
        Place(CORE, line, 2, function),
        Kind.READ,
        Marking.PLAIN,
        "d->ready",
        "if (!d->ready)",
        sections=(ReadSection("rcu"),),
        is_new=True,
        object_text="d",
        is_test=True,
    )


THREADS = Interleaving(
    ("demo_alloc()", "demo_find()"),
    (
        Step(0, "memset(d->table, ...)"),
        Step(0, "d->ready = true", arrow="- ->"),
        Step(1, "if (d->ready)"),
        Step(1, "    d->table[key]", remark="<- may be old", arrow="?"),
    ),
)


def finding() -> Finding:
    """The plain flag."""
    return Finding(
        rule="flag-publishes-data",
        title="A flag announces data",
        concern=Concern.ORDERING,
        confidence=Confidence.HIGH,
        field=READY,
        place=Place(CORE, 47, 1, "demo_alloc"),
        line_text="d->ready = true;",
        message=(
            "What orders d->table[] before this store?  It is made with d->lock held, "
            "and the 3 checks in patch 2 hold no lock.\n\n"
            "A check that sees `ready` set may still see the old table."
        ),
        checklist=(
            "all 3 checks are converted (a helper keeps later ones right)",
            "a comment on both sides names its partner",
        ),
        accesses=(
            store(),
            check(93, "demo_find"),
            check(135, "demo_peek"),
            check(207, "demo_next"),
        ),
        suggestion=Suggestion(
            "smp_store_release",
            "smp_load_acquire",
            "smp_store_release() here, smp_load_acquire() in the 3 checks.",
        ),
        interleaving=THREADS,
        unseen=(),
        fingerprint="00c0ffee00c0ffee",
    )


def question() -> Finding:
    """A lesser one in patch 2, about a line that the series did not bring in."""
    return replace(
        finding(),
        rule="mixed-marking",
        title="Plain and marked",
        concern=Concern.MARKING,
        confidence=Confidence.MEDIUM,
        field=Field("demo", "size"),
        place=Place(CORE, 209, None, "demo_next"),
        line_text="found = d->table[key % d->size];",
        message="Can d->size change while this reads it?",
        checklist=(),
        accesses=(
            replace(check(209, "demo_next"), field=Field("demo", "size"), line_text="found = d->size;"),
        ),
        suggestion=Suggestion("", "READ_ONCE", ""),
        interleaving=None,
        unseen=("the callers of demo_next()",),
        fingerprint="0123456789abcdef",
    )


def hidden() -> Finding:
    return replace(question(), fingerprint="feedfacefeedface", hidden=Hidden.PRE_EXISTING)


def report(*findings: Finding) -> Report:
    return Report(
        findings=findings or (finding(), question(), hidden()),
        unread=(Unread("drivers/net/demo/table.c", 12, "a part of it could not be parsed"),),
        unseen=("patch 3", "the tree (give --tree for callers and other readers)"),
        notes=("patch 3 of 3 was not found",),
    )
