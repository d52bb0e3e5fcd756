"""S01 to S09: who can be at the object, and what its type says."""

from tests.suppressors.series import Case

TUNE = """
*** heron: Add a rate
struct heron {
	u32 rate;
};

void heron_tune(struct heron *h, u32 rate)
{
	h->rate = rate;
}

u64 heron_delay(struct heron *h, u32 n)
{
	return n * READ_ONCE(h->rate);
}
"""

FRESH = TUNE.replace(
    """
void heron_tune(struct heron *h, u32 rate)
{
	h->rate = rate;
}
""",
    """
struct heron *heron_add(u32 rate)
{
	struct heron *h = kzalloc(sizeof(*h), GFP_KERNEL);

	if (h)
		h->rate = rate;
	return h;
}
""",
)

LOCKED = """
*** heron: Add a rate
struct heron {
	spinlock_t lock;
	u32 rate;
};

void heron_tune(struct heron *h, u32 rate)
{
	guard(spinlock)(&h->lock);
	h->rate = rate;
}

u64 heron_delay(struct heron *h, u32 n)
{
	guard(spinlock)(&h->lock);
	return n * READ_ONCE(h->rate);
}
"""

DRAINED = """
*** heron: Count in a work item
struct heron {
	struct work_struct work;
	u32 rate;
};

static void heron_work(struct work_struct *work)
{
	struct heron *h = container_of(work, struct heron, work);

	heron_beat(READ_ONCE(h->rate));
}

void heron_setup(struct heron *h)
{
	INIT_WORK(&h->work, heron_work);
}

void heron_rest(struct heron *h)
{
	cancel_work_sync(&h->work);
	h->rate = 0;
}
"""

STACK = TUNE.replace(
    """
void heron_tune(struct heron *h, u32 rate)
{
	h->rate = rate;
}
""",
    """
void heron_tune(u32 rate)
{
	struct heron h;

	h.rate = rate;
	heron_apply(&h);
}
""",
)

API = """
*** heron: Count the eggs
struct heron {
	atomic_t eggs;
};

void heron_clear(struct heron *h)
{
	atomic_set(&h->eggs, 0);
}

int heron_lay(struct heron *h)
{
	return cmpxchg(&h->eggs.counter, 0, 1);
}
"""

CONSTANT = """
*** heron: Add a rate
static u32 heron_rate __ro_after_init;

void heron_tune(u32 rate)
{
	heron_rate = rate;
}

u64 heron_delay(u32 n)
{
	return n * READ_ONCE(heron_rate);
}
"""

CASES = (
    Case(
        "S01",
        "the object is allocated here, and nobody else knows it yet",
        "mixed-marking",
        "heron.rate",
        FRESH,
        (("kzalloc(sizeof(*h), GFP_KERNEL)", "heron_find(rate)"),),
    ),
    Case(
        "S02",
        "the function runs at start-up only",
        "mixed-marking",
        "heron.rate",
        TUNE.replace("void heron_tune", "static void __init heron_tune"),
        (("__init ", ""),),
    ),
    Case(
        "S03",
        "one lock is held at both",
        "mixed-marking",
        "heron.rate",
        LOCKED,
        (("\tguard(spinlock)(&h->lock);\n\th->rate", "\th->rate"),),
    ),
    Case(
        "S04",
        "the callers hold the lock",
        "mixed-marking",
        "heron.rate",
        LOCKED.replace(
            "\tguard(spinlock)(&h->lock);\n\th->rate", "\tlockdep_assert_held(&h->lock);\n\th->rate"
        ),
        (("\tlockdep_assert_held(&h->lock);\n", ""),),
    ),
    Case(
        "S05",
        "all that could run has been waited for",
        "mixed-marking",
        "heron.rate",
        DRAINED,
        (("\tcancel_work_sync(&h->work);\n", ""),),
    ),
    Case(
        "S06",
        "the memory is on the stack",
        "mixed-marking",
        "heron.rate",
        STACK,
        (("\tstruct heron h;\n", "\tstatic struct heron h;\n"),),
    ),
    Case(
        "S07",
        "the type synchronises itself",
        "mixed-marking",
        "heron.eggs",
        API,
        (("atomic_t eggs", "int eggs"), ("atomic_set(&h->eggs, 0)", "h->eggs = 0"), ("eggs.counter", "eggs")),
    ),
    Case(
        "S08",
        "the race is declared",
        "mixed-marking",
        "heron.rate",
        TUNE.replace("u32 rate;", "u32 __data_racy rate;"),
        (("__data_racy ", ""),),
    ),
    Case(
        "S09",
        "nothing changes once it is set up",
        "mixed-marking",
        "heron_rate",
        CONSTANT,
        ((" __ro_after_init", ""),),
    ),
)
