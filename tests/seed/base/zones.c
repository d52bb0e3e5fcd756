#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "dunlin.h"

void dunlin_free_zone(struct dunlin_zone *zone)
{
	int level;

	for (level = 0; level < DUNLIN_LEVELS; level++) {
		kvfree(zone->map.refs[level]);
		zone->map.refs[level] = NULL;
	}
	for (level = 1; level < DUNLIN_LEVELS; level++) {
		bitmap_free(zone->map.marks[level]);
		zone->map.marks[level] = NULL;
	}
	kfree(zone);
}

static int dunlin_fill_zone(struct dunlin_zone *zone, u64 blocks)
{
	int level;

	/* What a template brought along is not ours to keep. */
	memset(&zone->map, 0, sizeof(zone->map));

	for (level = 0; level < DUNLIN_LEVELS; level++) {
		unsigned long *marks;
		u64 entries;

		entries = dunlin_index(zone, zone->first + blocks - 1, level) + 1;

		zone->map.refs[level] =
			kvcalloc(entries, sizeof(*zone->map.refs[level]), GFP_KERNEL);
		if (!zone->map.refs[level])
			goto out_free;
		if (level == 0)
			continue;

		marks = bitmap_zalloc(entries, GFP_KERNEL);
		if (!marks)
			goto out_free;
		zone->map.marks[level] = marks;
	}

	return 0;

out_free:
	for (level = 0; level < DUNLIN_LEVELS; level++) {
		kvfree(zone->map.refs[level]);
		zone->map.refs[level] = NULL;
	}
	return -ENOMEM;
}

static struct dunlin_zones *dunlin_copy_zones(struct dunlin_zones *old)
{
	struct dunlin_zones *zones = kzalloc(sizeof(*zones), GFP_KERNEL);

	if (!zones)
		return NULL;
	INIT_LIST_HEAD(&zones->list);
	zones->count = old->count + 1;
	return zones;
}

int dunlin_add_zone(struct dunlin *d, int space, u64 first, u64 blocks)
{
	struct dunlin_zones *zones, *old;
	struct dunlin_zone *zone;
	int ret = -ENOMEM;

	zone = kzalloc(sizeof(*zone), GFP_KERNEL);
	if (!zone)
		return -ENOMEM;
	zone->first = first;
	zone->blocks = blocks;

	mutex_lock(&d->zones_lock);
	old = rcu_dereference_protected(d->zones[space], lockdep_is_held(&d->zones_lock));
	zones = dunlin_copy_zones(old);
	if (!zones)
		goto out_unlock;

	ret = dunlin_fill_zone(zone, blocks);
	if (ret)
		goto out_unlock;

	list_add(&zone->node, &zones->list);
	rcu_assign_pointer(d->zones[space], zones);
	mutex_unlock(&d->zones_lock);

	synchronize_srcu(&d->srcu);
	kfree(old);
	return 0;

out_unlock:
	mutex_unlock(&d->zones_lock);
	kfree(zone);
	return ret;
}
