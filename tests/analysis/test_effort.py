"""How much is done: counted in calls and pairs, never in time; and what is left out is said."""

import io
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from reviewbot.analysis import finders, list_uses, stories
from reviewbot.analysis.facts import Fact
from reviewbot.analysis.program import Program
from reviewbot.analysis.stories import Story
from reviewbot.pipeline import Options, understand
from reviewbot.sources.read import read_series
from reviewbot.syntax import body, facts
from reviewbot.syntax.facts import FileFacts
from tests.analysis.series import mail, reviewed

MOST = 6
"""The limits in these tests, so that little code is beyond them."""


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stories, "MOST_ACCESSES", MOST)
    monkeypatch.setattr(list_uses, "MOST_USES", MOST)
    monkeypatch.setattr(finders, "MOST_READERS", MOST)


def calls(run: Callable[[], object]) -> int:
    """How often a function of this project is entered, or a generator of it goes on."""
    count = 0

    def profile(frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call" and "reviewbot" in frame.f_code.co_filename

    sys.setprofile(profile)
    try:
        run()
    finally:
        sys.setprofile(None)
    return count


def cost(text: str) -> int:
    """The calls that it takes to find the facts of a file with this text."""
    series = read_series(("-",), None, None, io.BytesIO(mail(text)))

    def found() -> tuple[Fact, ...]:
        return understand(series, None, Options()).analysis.facts()

    return calls(found)


def growth(text: Callable[[int], str], size: int) -> float:
    """The work for 2 to 4 times `size` over that for 1 to 2 times: 2 where it is linear, 4 for squares."""
    cost(text(1))
    small, middle, large = (cost(text(number)) for number in (size, 2 * size, 4 * size))
    return (large - middle) / (middle - small)


def setters(n: int) -> str:
    return f"""
void heron_set_{n}(struct heron *h)
{{
	spin_lock(&h->lock);
	h->is_up = true;
	spin_unlock(&h->lock);
}}
int heron_look_{n}(struct heron *h)
{{
	int seen = 0;

	spin_lock(&h->lock);
	if (h->is_up)
		seen = {n};
	spin_unlock(&h->lock);
	return seen;
}}
"""


def markers(n: int) -> str:
    return f"""
void heron_mark_{n}(struct heron *h)
{{
	spin_lock(&h->lock);
	WRITE_ONCE(h->level, {n});
	spin_unlock(&h->lock);
}}
int heron_read_{n}(struct heron *h)
{{
	int level;

	spin_lock(&h->lock);
	level = h->level;
	spin_unlock(&h->lock);
	return level;
}}
"""


def callers(n: int) -> str:
    return f"""
static void heron_turn_{n}(struct heron *h)
{{
	h->level = READ_ONCE(h->level) + {n};
	heron_turn_{max(n - 1, 0)}(h);
	heron_turn_{n + 1}(h);
	heron_turn_0(h);
}}
"""


def walkers(n: int) -> str:
    return f"""
void heron_join_{n}(struct heron *h)
{{
	list_add(&h->link, &herons);
}}
int heron_count_{n}(void)
{{
	struct heron *h;
	int sum = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(h, &herons, link)
		sum += h->level;
	rcu_read_unlock();
	return sum;
}}
"""


def publishers(n: int) -> str:
    return f"""
void heron_nest_{n}(struct heron *h)
{{
	struct nest *nest = kzalloc(sizeof(*nest), GFP_KERNEL);

	nest->eggs = {n};
	h->nest = nest;
	nest->is_full = true;
}}
int heron_eggs_{n}(struct heron *h)
{{
	struct nest *nest = rcu_dereference(h->nest);

	return nest->eggs;
}}
"""


def structs(n: int) -> str:
    return f"""
struct heron_{n} {{
	int level;
	int height_{n};
}};
void heron_grow_{n}(struct heron_{n} *h)
{{
	h->level = 1;
	h->height_{n} = h->level;
}}
"""


def same_name(n: int) -> str:
    return f"\nint heron_level(struct heron *h)\n{{\n\th->level = {n};\n\treturn heron_level(h);\n}}\n"


@pytest.mark.parametrize(
    "texts", [setters, markers, callers, walkers, publishers, structs, same_name], ids=lambda f: f.__name__
)
def test_twice_the_code_is_twice_the_work(texts: Callable[[int], str]) -> None:
    assert growth(lambda number: "".join(map(texts, range(number))), 12) < 2.02


def test_within_one_function_the_work_is_less_than_the_square() -> None:
    """Definitions of one variable, and tests of it: functions have a limit, so this may be dearer."""

    def text(number: int) -> str:
        head = "int heron_last(struct heron *first)\n{\n\tstruct heron *h = first;\n"
        tests = "\tif (h->level)\n\t\th = h->next;\n" * number
        return f"{head}{tests}\treturn h->level;\n}}\n"

    assert growth(text, 20) < 3.5


def test_of_a_busy_field_some_accesses_are_compared_and_that_is_said() -> None:
    done = reviewed("".join(map(setters, range(40))))
    assert done.analysis is not None
    story = next(s for s in done.analysis.stories.of("is_up"))
    assert len(story.seen) == MOST
    assert f"{story.field} is accessed in 80 places: only {MOST} were looked at" in {
        item.reason for item in done.report.unread
    }


def test_the_accesses_of_the_series_are_compared_first() -> None:
    """Of 24 older stores and the new check at the end, the check is among those looked at."""
    older = "".join(f" void heron_{n}(struct heron *h)\n {{\n \th->is_up = true;\n }}\n" for n in range(24))
    new = "+int heron_look(struct heron *h)\n+{\n+\tif (h->is_up)\n+\t\treturn 1;\n+\treturn 0;\n+}\n"
    done = reviewed(older + new)
    assert done.analysis is not None
    story: Story = next(s for s in done.analysis.stories.of("is_up"))
    assert len(story.seen) == MOST
    assert [seen.study.name for seen in story.seen if seen.access.is_new] == ["heron_look"]
    assert any("is accessed in 25 places" in item.reason for item in done.report.unread)


def test_of_a_busy_list_some_uses_are_compared_and_that_is_said() -> None:
    done = reviewed("".join(map(walkers, range(40))))
    assert [item.reason for item in done.report.unread if "list" in item.reason] == [
        f"herons is a list of more than {MOST} uses: no more were looked at"
    ]


def test_of_a_busy_pointer_some_readers_are_looked_at_and_that_is_said() -> None:
    reasons = {item.reason for item in reviewed("".join(map(publishers, range(40)))).report.unread}
    assert any(f"is read in 40 functions: only {MOST} were looked at" in reason for reason in reasons)


def test_little_code_leaves_nothing_out() -> None:
    assert reviewed("".join(map(setters, range(MOST // 4)))).report.unread == ()


@pytest.mark.parametrize(
    "line",
    ["\tif (h->level)\n\t\treturn {n};\n", "\tguard(mutex)(&h->lock);\n\tif (h)\n\t\treturn 1;\n"],
    ids=["returns", "guards"],
)
def test_a_long_function_is_lowered_to_its_limit_only(line: str) -> None:
    text = "int heron_long(struct heron *h)\n{\n" + "".join(line.format(n=n) for n in range(2000)) + "}\n"
    file = reviewed(text).analysis
    assert file is not None
    function = next(iter(file.program.files.values())).function("heron_long")
    assert function is not None
    assert len(function.events) < 2 * body.MOST_EVENTS
    assert file.program.studies("heron_long") == ()


def test_a_function_of_branches_alone_has_a_limit_too() -> None:
    text = "int heron_long(int n)\n{\n" + "\tif (n)\n\t\tn = n - 1;\n" * 3000 + "\treturn n;\n}\n"
    assert [item.reason for item in reviewed(text).report.unread] == [
        "in heron_long(): too long to follow: more than 2500 accesses and calls, or 5000 branches"
    ]


def test_callees_that_are_no_helpers_are_not_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is called is lowered where it may be a one-line helper of the field, and not else."""
    lowered: list[str] = []
    original = facts.lower

    def counted(*arguments: Any) -> Any:
        lowered.append(arguments[0].name)
        return original(*arguments)

    monkeypatch.setattr(facts, "lower", counted)
    work = "".join(
        f" int heron_work_{n}(int by)\n {{\n \tif (by)\n \t\treturn {n};\n \treturn heron_do(by);\n }}\n"
        for n in range(20)
    )
    helper = " static int heron_level(struct heron *h)\n {\n \treturn READ_ONCE(h->level);\n }\n"
    uses = "".join(f" \theron_work_{n}(1);\n" for n in range(20))
    change = (
        f" int heron_change(struct heron *h)\n {{\n{uses}+\th->level = 2;\n \treturn heron_level(h);\n }}\n"
    )
    reviewed(work + helper + change)
    assert set(lowered) == {"heron_change", "heron_level"}
    assert len(lowered) == 2


def test_every_function_text_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    original = FileFacts.function_text
    monkeypatch.setattr(
        FileFacts, "function_text", lambda self, name: (asked.append(name), original(self, name))[1]
    )
    done = reviewed("".join(map(same_name, range(50))))
    assert done.analysis is not None
    assert asked.count("heron_level") <= 3


def test_studies_are_given_once_though_a_function_has_parts() -> None:
    done = reviewed("".join(map(same_name, range(3))))
    assert done.analysis is not None
    program: Program = done.analysis.program

    def names(studies: Iterator[Any]) -> list[str]:
        return [study.name for study in studies]

    assert names(program.touched()) == ["heron_level"]
    assert names(program.calling(frozenset({"heron_level"}))) == ["heron_level"]
