"""Facts written as bytes come back equal, whatever they hold."""

import inspect
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reviewbot.syntax import model
from reviewbot.syntax.codec import Codec
from reviewbot.syntax.lower import Lowered
from reviewbot.syntax.model import Access, Call, Struct, TypeName
from tests.syntax.dump import facts

CLASSES = [
    found
    for _, found in inspect.getmembers(model, inspect.isclass)
    if issubclass(found, msgspec.Struct) and found.__module__ == model.__name__
]
SOURCE = """\
struct demo { spinlock_t lock; union { int a; struct { u8 b:3; } in; }; /* why */ struct demo *__rcu next; };
static DEFINE_MUTEX(demo_lock);
static int demo(struct demo *d, int n)
{
	struct demo *next = rcu_dereference(d->next);

	guard(mutex)(&demo_lock);
	while (n-- && READ_ONCE(d->a) != DEMO_UP) {
		if (!next || demo_of(next)->in.b > 3)
			return -EINVAL;
		d->ops->call(&d->lock, d->a++);
	}
	return 0;
}
"""


@pytest.mark.parametrize("cls", [*CLASSES, Lowered], ids=lambda cls: cls.__name__)
@settings(max_examples=8, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_every_class_of_the_model_comes_back(cls: type[Any], data: st.DataObject) -> None:
    codec = Codec(tuple[cls, ...])
    value = data.draw(st.from_type(cls))
    back = codec.decode(codec.encode((value, value)))
    assert back == (value, value)


def test_the_classes_of_the_model_are_found() -> None:
    assert len(CLASSES) > 20


def test_a_function_comes_back() -> None:
    file = facts(SOURCE)
    function = file.function("demo")
    assert function is not None
    assert {type(event) for event in function.events} > {Access, Call}
    codec = Codec(type(function))
    text = codec.encode(function)
    assert codec.decode(text) == function
    assert codec.encode(codec.decode(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"[0]",
        b"[{}]",
        b'[{"tag": 5}]',
        b"[[]]",
        b"\xff\xfe",
        b"[" * 9999,
        b'[{"tag": "\\ud800"}]',
    ],
)
def test_other_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any text
        Codec(tuple[Struct, ...]).decode(text)


def test_text_that_is_not_unicode_is_not_written() -> None:
    assert Codec(tuple[TypeName, ...]).encode((TypeName("\udcff"),)) is None
