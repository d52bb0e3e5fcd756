#include <linux/bitops.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#include "dunlin.h"

typedef bool (*dunlin_handler)(struct dunlin *d, struct dunlin_ref *ref);

static struct dunlin_ref *dunlin_ref(struct dunlin_zone *zone, u64 block, int level)
{
	u64 index;

	index = dunlin_index(zone, block, level);
	return &zone->map.refs[level][index];
}

static bool dunlin_protect_ref(struct dunlin *d, struct dunlin_ref *ref)
{
	return ref->count > 1;
}

static bool dunlin_unmap_ref(struct dunlin *d, struct dunlin_ref *ref)
{
	bool had_any = ref->count > 0;

	ref->count = 0;
	return had_any;
}

static bool dunlin_age_ref(struct dunlin *d, struct dunlin_ref *ref)
{
	return ref->from & 1;
}

static bool dunlin_walk(struct dunlin *d, struct dunlin_range *range, dunlin_handler handler)
{
	bool found = false;
	int level;
	u64 block;

	for (level = 0; level < d->map.levels; level++)
		for (block = range->first; block < range->last; block++)
			found |= handler(d, dunlin_ref(range->zone, block, level));
	return found;
}

void dunlin_clean_masked(struct dunlin *d, struct dunlin_zone *zone, u64 offset,
			 unsigned long mask)
{
	struct dunlin_ref *ref;

	if (dunlin_is_direct(d))
		dunlin_direct_clean(d, zone->first + offset, mask);

	while (mask) {
		ref = dunlin_ref(zone, zone->first + offset + __ffs(mask), 0);
		dunlin_protect_ref(d, ref);
		mask &= mask - 1;
	}
}

bool dunlin_protect_block(struct dunlin *d, struct dunlin_zone *zone, u64 block)
{
	struct dunlin_ref *ref;
	bool flush = false;
	int level;

	for (level = 0; level < d->map.levels; level++) {
		ref = dunlin_ref(zone, block, level);
		flush |= dunlin_protect_ref(d, ref);
	}

	return flush;
}

bool dunlin_unmap_range(struct dunlin *d, struct dunlin_range *range)
{
	bool flush;

	flush = dunlin_walk(d, range, dunlin_unmap_ref);

	if (dunlin_is_direct(d))
		flush |= dunlin_direct_unmap(d, range);

	return flush;
}

bool dunlin_age_range(struct dunlin *d, struct dunlin_range *range)
{
	bool young;

	young = dunlin_walk(d, range, dunlin_age_ref);

	if (dunlin_is_direct(d))
		young |= dunlin_direct_age(d, range);

	return young;
}

void dunlin_drop_zone(struct dunlin *d, struct dunlin_zone *zone)
{
	struct dunlin_range range;
	bool flush;

	range.zone = zone;
	range.first = zone->first;
	range.last = zone->first + zone->blocks;

	spin_lock(&d->map_lock);
	flush = dunlin_walk(d, &range, dunlin_unmap_ref);
	spin_unlock(&d->map_lock);

	if (flush)
		dunlin_flush(d);
}

void dunlin_drop_all(struct dunlin *d)
{
	struct dunlin_zones *zones;
	struct dunlin_zone *zone;

	spin_lock(&d->map_lock);
	zones = srcu_dereference(d->zones[0], &d->srcu);
	list_for_each_entry(zone, &zones->list, node)
		dunlin_protect_ref(d, dunlin_ref(zone, zone->first, 0));
	spin_unlock(&d->map_lock);

	if (dunlin_is_direct(d))
		dunlin_direct_drop(d, 0, ~0ULL);
}

static int dunlin_load_root(struct dunlin *d, u64 root)
{
	if (list_empty(&d->map.roots))
		return -ENOENT;
	return root == d->map.root ? 0 : -EAGAIN;
}

int dunlin_open_indirect(struct dunlin *d, u64 root)
{
	int ret;

	if (!root)
		return -EINVAL;

	d->map.root = root;
	d->map.levels = DUNLIN_LEVELS;

	spin_lock(&d->map_lock);
	ret = dunlin_load_root(d, root);
	spin_unlock(&d->map_lock);
	return ret;
}

void dunlin_init_map(struct dunlin *d)
{
	INIT_LIST_HEAD(&d->map.roots);
	spin_lock_init(&d->map_lock);
	d->map.levels = dunlin_is_direct(d) ? 0 : DUNLIN_LEVELS;
}

static long dunlin_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct dunlin *d = file->private_data;
	struct dunlin_range range;

	if (copy_from_user(&range, (void __user *)arg, sizeof(range)))
		return -EFAULT;
	switch (cmd) {
	case 1:
		return dunlin_open_indirect(d, range.first);
	case 2:
		return dunlin_unmap_range(d, &range);
	case 3:
		return dunlin_age_range(d, &range);
	case 4:
		return dunlin_protect_block(d, range.zone, range.first);
	case 5:
		dunlin_clean_masked(d, range.zone, 0, range.last);
		return 0;
	case 6:
		dunlin_drop_zone(d, range.zone);
		return 0;
	case 7:
		dunlin_drop_all(d);
		return 0;
	}
	return -ENOTTY;
}

const struct file_operations dunlin_fops = {
	.unlocked_ioctl = dunlin_ioctl,
};
