#ifndef DUNLIN_H
#define DUNLIN_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>

#define DUNLIN_LEVELS	3
#define DUNLIN_SPACES	2

/* One place that points at a block of a zone. */
struct dunlin_ref {
	u64 from;
	u32 count;
};

struct dunlin_zone_map {
	struct dunlin_ref *refs[DUNLIN_LEVELS];
	unsigned long *marks[DUNLIN_LEVELS];
};

struct dunlin_zone {
	struct list_head node;
	u64 first;
	u64 blocks;
	struct dunlin_zone_map map;
};

struct dunlin_zones {
	struct list_head list;
	unsigned int count;
};

struct dunlin_range {
	struct dunlin_zone *zone;
	u64 first;
	u64 last;
};

struct dunlin_map {
	u64 root;
	unsigned int levels;
	bool is_direct;
	struct list_head roots;
};

struct dunlin {
	struct srcu_struct srcu;
	struct mutex zones_lock;
	spinlock_t map_lock;
	struct dunlin_zones __rcu *zones[DUNLIN_SPACES];
	struct dunlin_map map;
};

static inline u64 dunlin_index(struct dunlin_zone *zone, u64 block, int level)
{
	return (block - zone->first) >> (9 * level);
}

static inline bool dunlin_is_direct(struct dunlin *d)
{
	return d->map.is_direct;
}

void dunlin_init_map(struct dunlin *d);
int dunlin_open_indirect(struct dunlin *d, u64 root);
int dunlin_add_zone(struct dunlin *d, int space, u64 first, u64 blocks);
bool dunlin_direct_unmap(struct dunlin *d, struct dunlin_range *range);
bool dunlin_direct_age(struct dunlin *d, struct dunlin_range *range);
void dunlin_direct_drop(struct dunlin *d, u64 first, u64 last);
void dunlin_direct_clean(struct dunlin *d, u64 first, unsigned long mask);
void dunlin_flush(struct dunlin *d);

#endif
