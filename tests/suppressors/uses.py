"""S10 to S17: what the access is for, and what orders it."""

# ruff: noqa: E101, W293

from tests.suppressors.series import Case

PRINTED = """
*** heron: Print the rate
 struct heron {
 	struct mutex lock;
 	u32 rate;
 };
 
 void heron_tune(struct heron *h, u32 rate)
 {
 	mutex_lock(&h->lock);
 	h->rate = rate;
 	mutex_unlock(&h->lock);
 }
 
 u32 heron_swap(struct heron *h)
 {
 	u32 rate;
 
 	mutex_lock(&h->lock);
 	rate = h->rate;
 	h->rate = 0;
 	mutex_unlock(&h->lock);
 	return rate;
 }
 
 static int heron_open(struct inode *inode, struct file *file)
 {
 	struct heron *h = file->private_data;
 
+	dev_dbg(h->dev, "%u", h->rate);
 	return 0;
 }
 
 static const struct file_operations heron_fops = {
 	.open = heron_open,
 };
"""

LOOK = '\tdev_dbg(h->dev, "%u", h->rate);'

AGAIN = PRINTED.replace(
    f"+{LOOK}",
    """\
+	if (h->rate) {
+		mutex_lock(&h->lock);
+		if (h->rate)
+			heron_wake(h);
+		mutex_unlock(&h->lock);
+	}""",
)

HINT = """
*** heron: Skip birds that sleep
struct heron {
	spinlock_t lock;
	bool sleeps;
};

static long heron_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct heron *h = file->private_data;

	spin_lock(&h->lock);
	h->sleeps = true;
	spin_unlock(&h->lock);
	return 0;
}

static ssize_t heron_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct heron *h = file->private_data;

	if (h->sleeps)
		return -EAGAIN;
	spin_lock(&h->lock);
	if (h->sleeps)
		n = 0;
	spin_unlock(&h->lock);
	return n;
}

static const struct file_operations heron_fops = {
	.unlocked_ioctl = heron_ioctl,
	.read = heron_read,
};
"""

BIT = (
    PRINTED.replace("h->rate = rate;", "h->rate |= HERON_UP;")
    .replace("h->rate = 0;", "h->rate &= ~HERON_UP;")
    .replace(f"+{LOOK}", "+	if (h->rate & HERON_UP)\n+		return -EBUSY;")
)

WORK = """
*** heron: Beat from a work item
struct heron {
	struct work_struct work;
	u32 rate;
};

static u64 heron_delay(struct heron *h, u32 n)
{
	return n * READ_ONCE(h->rate);
}

static void heron_work(struct work_struct *work)
{
	struct heron *h = container_of(work, struct heron, work);

	h->rate = 4;
	heron_sleep(heron_delay(h, 2));
}

int heron_start(struct heron *h)
{
	INIT_WORK(&h->work, heron_work);
	return 0;
}
"""

STARTED = """
*** heron: Fly from a work item
struct heron {
	struct work_struct work;
	u32 eggs;
	bool ready;
};

static void heron_work(struct work_struct *work)
{
	struct heron *h = container_of(work, struct heron, work);

	if (h->ready)
		heron_count(h->eggs);
}

static void heron_setup(struct heron *h)
{
	INIT_WORK(&h->work, heron_work);
}

static long heron_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct heron *h = file->private_data;

	h->eggs = arg;
	h->ready = true;
	schedule_work(&h->work);
	return 0;
}

static const struct file_operations heron_fops = {
	.unlocked_ioctl = heron_ioctl,
};
"""

GATED = """
*** heron: Keep a nest
struct nest {
	u32 eggs;
};

struct heron {
	struct nest *nest;
	bool ready;
};

static long heron_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct heron *h = file->private_data;
	struct nest *nest = kzalloc(sizeof(*nest), GFP_KERNEL);

	if (!nest)
		return -ENOMEM;
	nest->eggs = arg;
	h->nest = nest;
	smp_store_release(&h->ready, true);
	return 0;
}

static ssize_t heron_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct heron *h = file->private_data;

	if (!smp_load_acquire(&h->ready))
		return 0;
	return h->nest->eggs;
}

static const struct file_operations heron_fops = {
	.unlocked_ioctl = heron_ioctl,
	.read = heron_read,
};
"""

CROSSED = """
*** heron: Take turns
struct heron {
	int wants;
	int sleeps;
};

bool heron_lie_down(struct heron *h)
{
	WRITE_ONCE(h->sleeps, 1);
	smp_mb();
	if (READ_ONCE(h->wants))
		return false;
	return true;
}

void heron_call(struct heron *h)
{
	WRITE_ONCE(h->wants, 1);
	smp_mb();
	if (READ_ONCE(h->sleeps))
		heron_wake(h);
}
"""

POINTED = """
*** heron: Keep a nest
struct nest {
	u32 eggs;
	u32 shift;
};

struct heron {
	struct nest *nest;
	u32 shift;
};

static long heron_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct heron *h = file->private_data;
	struct nest *nest = kzalloc(sizeof(*nest), GFP_KERNEL);

	if (!nest)
		return -ENOMEM;
	nest->eggs = arg;
	nest->shift = arg;
	smp_store_release(&h->nest, nest);
	return 0;
}

static ssize_t heron_read(struct file *file, char __user *buf, size_t n, loff_t *pos)
{
	struct heron *h = file->private_data;
	struct nest *nest = READ_ONCE(h->nest);

	if (!nest)
		return 0;
	return nest->eggs << nest->shift;
}

static const struct file_operations heron_fops = {
	.unlocked_ioctl = heron_ioctl,
	.read = heron_read,
};
"""

CASES = (
    Case(
        "S10",
        "the value is only printed",
        "lockless-read",
        "heron.rate",
        PRINTED,
        (('dev_dbg(h->dev, "%u", h->rate)', "heron_apply(h->dev, h->rate)"),),
    ),
    Case(
        "S11",
        "all run in one work item, which runs once at a time",
        "mixed-marking",
        "heron.rate",
        WORK,
        (("static u64 heron_delay", "u64 heron_delay"),),
    ),
    Case(
        "S12",
        "the store comes before the start of what reads it",
        "flag-publishes-data",
        "heron.ready",
        STARTED,
        (
            (
                "\th->ready = true;\n\tschedule_work(&h->work);\n",
                "\tschedule_work(&h->work);\n\th->ready = true;\n",
            ),
        ),
    ),
    Case(
        "S13",
        "a flag set later is acquired before every use",
        "plain-publication",
        "heron.nest",
        GATED,
        (("smp_load_acquire(&h->ready)", "READ_ONCE(h->ready)"),),
    ),
    Case(
        "S14",
        "the value is only a hint, looked at again under the lock",
        "lockless-read",
        "heron.rate",
        AGAIN,
        (("+		if (h->rate)\n+			heron_wake(h);", "+		heron_wake(h);"),),
    ),
    Case(
        "S14",
        "a flag that announces nothing is tested again under the lock",
        "lone-flag",
        "heron.sleeps",
        HINT,
        (("	if (h->sleeps)\n		n = 0;\n", ""),),
    ),
    Case(
        "S15",
        "full barriers stand between the accesses",
        "store-load",
        "heron.sleeps",
        CROSSED,
        (("(h->sleeps, 1);\n\tsmp_mb();", "(h->sleeps, 1);"),),
    ),
    Case(
        "S16",
        "the data is reached through the pointer only",
        "payload-beside-pointer",
        "heron.nest",
        POINTED,
        (("nest->shift = arg", "h->shift = arg"), ("<< nest->shift", "<< h->shift")),
        preview=True,
    ),
    Case(
        "S17",
        "one bit is tested, and each store flips one",
        "lockless-read",
        "heron.rate",
        BIT,
        (("h->rate & HERON_UP)", "h->rate > HERON_UP)"),),
    ),
)
