"""Other ways in which a suppressor shows: each a change to a series that is asked about."""

# ruff: noqa: E101, W293

from tests.suppressors.objects import DRAINED, TUNE

TIMER = (
    DRAINED.replace("struct work_struct work;", "struct timer_list beat;")
    .replace("heron_work(struct work_struct *work)", "heron_beat_fn(struct timer_list *t)")
    .replace("container_of(work, struct heron, work)", "from_timer(h, t, beat)")
    .replace("INIT_WORK(&h->work, heron_work)", "timer_setup(&h->beat, heron_beat_fn, 0)")
    .replace("cancel_work_sync(&h->work)", "timer_delete_sync(&h->beat)")
)
THREAD = (
    DRAINED.replace("struct work_struct work;", "struct task_struct *task;")
    .replace("static void heron_work(struct work_struct *work)", "static int heron_thread(void *data)")
    .replace("container_of(work, struct heron, work)", "data")
    .replace("heron_beat(READ_ONCE(h->rate));", "return heron_beat(READ_ONCE(h->rate));")
    .replace("INIT_WORK(&h->work, heron_work)", 'h->task = kthread_run(heron_thread, h, "heron")')
    .replace("cancel_work_sync(&h->work)", "kthread_stop(h->task)")
)
STORE = "\th->rate = rate;"

UNMARKED = """
*** heron: Drop a mark where the mutex is held
 void heron_tune(struct heron *h, u32 rate)
 {
-	WRITE_ONCE(h->rate, rate);
+	h->rate = rate;
 }
 
 u64 heron_delay(struct heron *h, u32 n)
 {
 	return n * READ_ONCE(h->rate);
 }
"""

FREED = """
*** heron: Let go of the rates
struct heron {
	u32 *rate;
};

void heron_forget(struct heron *h)
{
	kfree(h->rate);
	h->rate = NULL;
}

u32 heron_delay(struct heron *h)
{
	u32 *rate = READ_ONCE(h->rate);

	return rate ? *rate : 0;
}
"""

OWN_CPU = """
*** heron: Count for each CPU
struct heron {
	u32 rate;
};
DEFINE_PER_CPU(struct heron, herons);

void heron_tune(u32 rate)
{
	struct heron *h = this_cpu_ptr(&herons);

	h->rate = rate;
}

u32 heron_delay(void)
{
	struct heron *h = this_cpu_ptr(&herons);

	return READ_ONCE(h->rate);
}
"""

WORD_OF_BITS = """
*** heron: Look at all bits
struct heron {
	unsigned long rate;
};

void heron_raise(struct heron *h)
{
	test_and_set_bit(HERON_UP, &h->rate);
}

u64 heron_double(struct heron *h)
{
	return 2 * h->rate;
}
"""

VARIANTS = {
    "S01 set up again": ("S01", TUNE.replace("heron_tune", "heron_reinit"), "heron_reinit", "heron_tune"),
    "S01 registered behind": (
        "S01",
        TUNE.replace(STORE, f"{STORE}\n\theron_register(h);"),
        f"{STORE}\n\theron_register(h);",
        f"\theron_register(h);\n{STORE}",
    ),
    "S05 freed at once": ("S05", FREED, "\tkfree(h->rate);\n", ""),
    "S06 its own CPU's": (
        "S06",
        OWN_CPU,
        "this_cpu_ptr(&herons);\n\n\treturn",
        "per_cpu_ptr(&herons, 1);\n\n\treturn",
    ),
    "S17 a word of bits": (
        "S17",
        WORD_OF_BITS,
        "test_and_set_bit(HERON_UP, &h->rate)",
        "WRITE_ONCE(h->rate, 1)",
    ),
    "S05 timer": ("S05", TIMER, "\ttimer_delete_sync(&h->beat);\n", ""),
    "S05 thread": ("S05", THREAD, "\tkthread_stop(h->task);\n", ""),
    "S05 started again": (
        "S05",
        DRAINED,
        "\tcancel_work_sync(&h->work);\n",
        "\tcancel_work_sync(&h->work);\n\tschedule_work(&h->work);\n",
    ),
    "S08 data_race": (
        "S08",
        TUNE.replace(STORE, "\tdata_race(h->rate = rate);"),
        "data_race(h->rate = rate)",
        STORE,
    ),
    "S08 function": ("S08", TUNE.replace("void heron_tune", "void __no_kcsan heron_tune"), "__no_kcsan ", ""),
    "S08 asserted": (
        "S08",
        TUNE.replace(STORE, f"\tASSERT_EXCLUSIVE_ACCESS(h->rate);\n{STORE}"),
        "\tASSERT_EXCLUSIVE_ACCESS(h->rate);\n",
        "",
    ),
    "S26 mark taken off for a lock": (
        "S26",
        UNMARKED,
        "Drop a mark where the mutex is held",
        "Drop a mark",
    ),
    "S26 no more than the mark": ("S26", UNMARKED, "+\th->rate = rate;", "+\th->rate = 2 * rate;"),
}
