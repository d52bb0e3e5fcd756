"""What is written before an event and used behind a test, callees included."""

from reviewbot.analysis.payload import Payloads, Touched
from tests.analysis.series import analysis

TEXT = """
struct wren {
	u32 eggs;
	u32 nest;
	u32 rev;
	u32 *map;
	bool ready;
};

static void wren_deep(struct wren *w)
{
	w->nest = 2;
}

static void wren_fill(struct wren *w)
{
	w->eggs = 1;
	wren_deep(w);
	pr_info("filled");
}

void wren_start(struct wren *w)
{
	w->map = kcalloc(8, 4, GFP_KERNEL);
	wren_fill(w);
	wren_elsewhere(w);
	w->ready = true;
	w->rev = 3;
}

u32 wren_read(struct wren *w)
{
	if (!w->ready)
		return w->rev;
	return w->eggs + wren_elsewhere(w);
}
"""


def names(fields: dict[object, str]) -> list[str]:
    return sorted(str(field) for field in fields)


def before() -> Touched:
    """What is touched before `ready` is stored."""
    result = analysis(TEXT)
    (study,) = result.program.studies("wren_start")
    event = next(i for i, access in study.accesses() if access.path.members == ("ready",))
    return Payloads(result.program, result.objects).before(study, event)


def behind(taken: bool) -> Touched:
    """What is touched behind this outcome of the test of `ready`."""
    result = analysis(TEXT)
    (study,) = result.program.studies("wren_read")
    return Payloads(result.program, result.objects).behind(study, 0, taken)


def test_written_before() -> None:
    found = before()
    assert names({**found.writes}) == ["wren.eggs", "wren.map", "wren.nest"]
    assert names({**found.allocations}) == ["wren.map"]
    assert found.opaque == ["kcalloc", "wren_elsewhere"]


def test_used_behind() -> None:
    assert names({**behind(True).reads}) == ["wren.eggs"]
    assert behind(True).opaque == ["wren_elsewhere"]
    assert names({**behind(False).reads}) == ["wren.rev"]


def test_within_a_set_of_events() -> None:
    result = analysis(TEXT)
    (study,) = result.program.studies("wren_start")
    call = next(i for i, found in study.calls() if found.function == "wren_fill")
    touched = Payloads(result.program, result.objects).within(study, 1 << call)
    assert names({**touched.writes}) == ["wren.eggs", "wren.nest"]


def test_no_flag_announces_what_nobody_else_has() -> None:
    """What is in an object of its own, on the stack too, others reach through its own publication."""
    text = TEXT.replace(
        "\twren_fill(w);\n",
        "\tstruct wren *n = kzalloc(sizeof(*n), GFP_KERNEL);\n\tstruct wren s;\n"
        "\ts.eggs = 1;\n\twren_fill(n);\n\twren_take(n);\n",
    )
    result = analysis(text)
    (study,) = result.program.studies("wren_start")
    event = next(i for i, access in study.accesses() if access.path.members == ("ready",))
    touched = Payloads(result.program, result.objects).before(study, event)
    assert [field.name for field in touched.writes] == ["map"]
