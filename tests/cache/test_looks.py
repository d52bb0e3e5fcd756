"""A look at a series that is read back is the look that was taken."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.analysis.facts import Fact, Field
from reviewbot.analysis.reasons import Account, Quiet, Reason
from reviewbot.cache import Cache
from reviewbot.looks import Look, Looks
from reviewbot.pipeline import Options, review
from reviewbot.rulebook.allow import Answers
from reviewbot.rulebook.schema import fact_forms
from reviewbot.series.model import FileDiff, Patch, Person, Series, Status, Unread
from reviewbot.sources.git import Repository
from reviewbot.sources.read import read_series
from tests.sources.repositories import commit, git, new_repository

KINDS = [form.type for form in fact_forms().values()]
FILE = FileDiff("a.c", "a.c", Status.MODIFIED)
PATCH = Patch(1, "subject", "", "", Person("A", "a@example.org"), None, files=(FILE,))
SERIES = Series("subject", 1, 1, (PATCH,))
ANSWERS = Answers(
    frozenset({("rule", "a.c", None, 3), ("rule", "a.c", 1, 3)}),
    frozenset({("rule", Field("larch", "up")), ("other", Field(None, "up"))}),
    ("a note",),
)
ACCOUNT = Account(Field("wren", "rate"), (Reason(Quiet.LOCKED, "all hold w->lock"),))
LOOK = Look((), ANSWERS, (Unread("a.c", None, "why"),), (1,), ("note",), (ACCOUNT,))
BEFORE = "static int width;\n\nint larch(void)\n{\n\treturn width;\n}\n"
AFTER = BEFORE.replace("return width", "return READ_ONCE(width)")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_every_kind_of_fact_comes_back(
    tmp_path_factory: pytest.TempPathFactory, kind: type[Fact], data: st.DataObject
) -> None:
    fact: Any = data.draw(st.from_type(kind))
    path = tmp_path_factory.mktemp("cache") / "facts.db"
    look = replace(LOOK, facts=(fact, fact))
    with Cache(path) as cache:
        Looks(cache, "tree", ["rule"]).keep(SERIES, look)
    with Cache(path) as cache:
        assert Looks(cache, "tree", ["rule"]).find(SERIES) == look


def test_a_look_with_a_text_that_is_not_unicode_is_not_kept(tmp_path: Path) -> None:
    with Cache(tmp_path / "facts.db") as cache:
        looks = Looks(cache, "tree", ["rule"])
        looks.keep(SERIES, replace(LOOK, notes=("note \udcff",)))
        assert looks.find(SERIES) is None
    with Cache(tmp_path / "facts.db") as cache:
        assert Looks(cache, "tree", ["rule"]).find(SERIES) is None


def test_a_look_is_known_by_all_that_it_follows_from(tmp_path: Path) -> None:
    other = replace(SERIES, patches=(replace(PATCH, files=(replace(FILE, after_path="b.c"),)),))
    moved = replace(SERIES, patches=(replace(PATCH, index=2),))
    worded = replace(SERIES, patches=(replace(PATCH, body="It is longer."),))
    telling = replace(SERIES, patches=(replace(PATCH, body="The mutex is held."),))
    with Cache(tmp_path / "facts.db") as cache:
        Looks(cache, "tree", ["rule"]).keep(SERIES, LOOK)
    with Cache(tmp_path / "facts.db") as cache:
        assert Looks(cache, "tree", ["rule"]).find(SERIES) == LOOK
        assert Looks(cache, "tree", ["rule"]).find(replace(SERIES, subject="another")) == LOOK
        assert Looks(cache, "tree", ["rule"]).find(worded) == LOOK
        assert Looks(cache, "tree", ["rule"]).find(telling) is None
        assert Looks(cache, "other", ["rule"]).find(SERIES) is None
        assert Looks(cache, "tree", ["rule", "new"]).find(SERIES) is None
        assert [Looks(cache, "tree", ["rule"]).find(series) for series in (other, moved)] == [None, None]
        assert Looks(cache, None, ["rule"]).find(SERIES) is None


def looks_kept(folder: Path, path: Path) -> bool:
    """Whether a review of the last commit of a repository keeps its look."""
    with Repository.open(folder) as repository, Cache(path) as cache:
        review(read_series(("HEAD",), repository, None, None), repository, Options(cache=cache))  # type: ignore[arg-type]
    with Repository.open(folder) as repository, Cache(path) as cache:
        again = review(read_series(("HEAD",), repository, None, None), repository, Options(cache=cache))  # type: ignore[arg-type]
        return again.analysis is None


def test_a_look_at_what_is_all_there_is_kept(tmp_path: Path) -> None:
    folder = new_repository(tmp_path / "whole")
    commit(folder, "one", {"larch.c": BEFORE})
    commit(folder, "two", {"larch.c": AFTER})
    assert looks_kept(folder, tmp_path / "facts.db")


@pytest.mark.parametrize("missing", ["larch.h", "sub"])
def test_a_look_with_objects_missing_is_not_kept(tmp_path: Path, missing: str) -> None:
    """A partial clone may get them later, and then there is more to see."""
    folder = new_repository(tmp_path / "partial")
    texts = {"larch.c": '#include "larch.h"\n#include "sub/a.h"\n' + BEFORE, "larch.h": "extern int width;\n"}
    commit(folder, "one", {**texts, "sub/a.h": "int a;\n"})
    commit(folder, "two", {"larch.c": texts["larch.c"].replace(BEFORE, AFTER)})
    found = git(folder, "rev-parse", f"HEAD:{missing}")
    (folder / ".git/objects" / found[:2] / found[2:]).unlink()
    assert not looks_kept(folder, tmp_path / "facts.db")


def test_a_look_after_a_merge_is_not_kept(tmp_path: Path) -> None:
    """The merge reads blobs that the tree at the base does not name; they may come or go."""
    folder = new_repository(tmp_path / "merged")
    first = commit(folder, "one", {"larch.c": BEFORE})
    commit(folder, "two", {"larch.c": AFTER})
    mail = git(folder, "format-patch", "--stdout", "--full-index", "-1").encode()
    (tmp_path / "two.patch").write_bytes(mail)
    git(folder, "checkout", "-q", first)
    last = commit(folder, "other", {"larch.c": BEFORE.replace("int larch", "long larch")})
    for _ in range(2):
        with Repository.open(folder) as repository, Cache(tmp_path / "facts.db") as cache:
            series = read_series((str(tmp_path / "two.patch"),), repository, None, None)  # type: ignore[arg-type]
            done = review(series, repository, Options(cache=cache, base=last))
            assert done.report.applied == (1,)
            assert done.analysis is not None
