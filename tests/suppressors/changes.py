"""S18 to S26: what the series brings, where the code is, and what its author says."""

# ruff: noqa: E101, W293

from tests.suppressors.series import Case

OLD = """
*** heron: Beat faster
 void heron_tune(struct heron *h, u32 rate)
 {
 	h->rate = rate;
+	heron_beat(h, READ_ONCE(h->rate));
 }
 
 u64 heron_delay(struct heron *h, u32 n)
 {
 	return n * READ_ONCE(h->rate);
 }
"""

REPAIRED = """
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
*** heron: Mark the store
 void heron_tune(struct heron *h, u32 rate)
 {
-	h->rate = rate;
+	WRITE_ONCE(h->rate, rate);
 }
"""

MOVED = """
*** heron: Move a function down
-void heron_tune(struct heron *h, u32 rate)
-{
-	if (rate > HERON_MOST)
-		return;
-	h->rate = rate;
-	heron_beat(h);
-}
-
 u64 heron_delay(struct heron *h, u32 n)
 {
 	return n * READ_ONCE(h->rate);
 }
+
+void heron_tune(struct heron *h, u32 rate)
+{
+	if (rate > HERON_MOST)
+		return;
+	h->rate = rate;
+	heron_beat(h);
+}
"""

ORDERED = """
*** heron: Keep eggs
=== arch/x86/heron/heron.c
struct heron {
	u32 eggs;
	bool ready;
};

static long heron_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct heron *h = file->private_data;

	WRITE_ONCE(h->eggs, arg);
	WRITE_ONCE(h->ready, true);
	return 0;
}

static ssize_t heron_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct heron *h = file->private_data;

	if (!READ_ONCE(h->ready))
		return 0;
	return READ_ONCE(h->eggs);
}

static const struct file_operations heron_fops = {
	.unlocked_ioctl = heron_ioctl,
	.read = heron_read,
};
"""

DEVICE = """
*** heron: Talk to the device
struct heron_ring {
	__le32 state;
	__le32 size;
};

struct heron {
	struct heron_ring *ring;
};

int heron_setup(struct heron *h)
{
	h->ring = dma_alloc_coherent(h->dev, sizeof(*h->ring), &h->addr, GFP_KERNEL);
	return h->ring ? 0 : -ENOMEM;
}

void heron_give(struct heron *h)
{
	struct heron_ring *ring = h->ring;

	ring->state = cpu_to_le32(HERON_OWN);
}

bool heron_is_done(struct heron *h)
{
	struct heron_ring *ring = h->ring;

	return READ_ONCE(ring->state) == cpu_to_le32(HERON_DONE);
}
"""

SHARED = """
*** heron: Take from a ring
=== drivers/heron/heron.h
struct heron {
	struct xdp_ring *ring;
	u32 eggs[8];
};
=== drivers/heron/heron.c
static ssize_t heron_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct heron *h = file->private_data;

	if (!smp_load_acquire(&h->ring->producer))
		return 0;
	return h->eggs[0];
}

static long heron_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct heron *h = file->private_data;

	h->eggs[0] = arg;
	WRITE_ONCE(h->ring->producer, 1);
	return 0;
}

static const struct file_operations heron_fops = {
	.unlocked_ioctl = heron_ioctl,
	.read = heron_read,
};
"""

BESIDE = """
*** heron: Add a test program
=== tools/testing/heron/heron.c
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

MACRO = """
*** heron: Trace the rate
struct heron {
	u32 rate;
};

void heron_tune(struct heron *h, u32 rate)
{
	WRITE_ONCE(h->rate, rate);
}

TRACE_EVENT(heron_delay,
	TP_PROTO(struct heron *h, u32 n),
	TP_ARGS(h, n),
	TP_STRUCT__entry(
		__field(u32, n)
	),
	TP_fast_assign(
		__entry->n = n * h->rate;
	),
	TP_printk("%u", __entry->n)
);
"""

STATED = """
*** heron: Add a rate
struct heron {
	struct mutex lock;
	u32 rate;	/* protected by lock */
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

CASES = (
    Case(
        "S18",
        "both ends are older than the series",
        "mixed-marking",
        "heron.rate",
        OLD,
        ((" \th->rate = rate;", "-\th->rate = 0;\n+\th->rate = rate;"),),
    ),
    Case(
        "S19",
        "a later patch of the series repairs it",
        "mixed-marking",
        "heron.rate",
        REPAIRED,
        (("+	WRITE_ONCE(h->rate, rate)", "+	h->rate = 2 * rate"),),
    ),
    Case(
        "S20",
        "the lines are only moved",
        "mixed-marking",
        "heron.rate",
        MOVED,
        (("+	h->rate = rate;", "+	h->rate = rate + 1;"),),
    ),
    Case(
        "S21",
        "the code is for processors that keep the order of marked accesses",
        "flag-publishes-data",
        "heron.ready",
        ORDERED,
        (("arch/x86", "arch/arm64"),),
    ),
    Case(
        "S22",
        "the memory is the device's too",
        "mixed-marking",
        "heron_ring.state",
        DEVICE,
        (("dma_alloc_coherent(h->dev, sizeof(*h->ring), &h->addr,", "heron_find(h->dev,"),),
    ),
    Case(
        "S23",
        "the memory is user space's too",
        "one-sided-pair",
        "heron_ring.producer",
        SHARED,
        (("struct xdp_ring *ring", "struct heron_ring *ring"),),
    ),
    Case(
        "S24",
        "the code is not of the kernel's own",
        "mixed-marking",
        "heron.rate",
        BESIDE,
        (("tools/testing/heron", "drivers/heron"),),
    ),
    Case(
        "S25",
        "a macro makes the code",
        "mixed-marking",
        "heron.rate",
        MACRO,
        (
            (
                MACRO[MACRO.index("TRACE_EVENT") :],
                "u32 heron_delay(struct heron *h, u32 n)\n{\n\treturn n * h->rate;\n}\n",
            ),
        ),
    ),
    Case(
        "S26",
        "a comment at the field says what protects it",
        "mixed-marking",
        "heron.rate",
        STATED,
        (("protected by lock", "in wing beats"),),
    ),
)
