#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include "dunlin.h"

static int dunlin_refs_show(struct seq_file *m, void *v)
{
	struct dunlin *d = m->private;
	struct dunlin_zones *zones;
	struct dunlin_zone *zone;
	int idx;

	idx = srcu_read_lock(&d->srcu);
	zones = srcu_dereference(d->zones[0], &d->srcu);
	list_for_each_entry(zone, &zones->list, node)
		seq_printf(m, "%llu %u\n", zone->first, zone->map.refs[0][0].count);
	srcu_read_unlock(&d->srcu, idx);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(dunlin_refs);

void dunlin_debug_start(struct dunlin *d, struct dentry *folder)
{
	debugfs_create_file("refs", 0444, folder, d, &dunlin_refs_fops);
}
