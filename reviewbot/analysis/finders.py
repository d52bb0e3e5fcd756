"""Who can be at an object once a statement has published it: handlers, operations, walkers.

A publication by a registrar brings in the operations tables of its kind; by a container or a
pointer, the functions that look there; by the start of a callback, that callback.
"""

import re
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from reviewbot.analysis.aliases import points_into
from reviewbot.analysis.facts import Field
from reviewbot.analysis.list_uses import ListUses
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.provenance import Provenance
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Access, Call, Kind, Marking, Value

DEPTH = 3
MOST_STUDIES = 60
MOST_READERS = 500
"""Functions that load one pointer, looked at for each store to it."""

ANY = frozenset(Marking)
MARKED = frozenset({Marking.RCU, Marking.ONCE, Marking.ACQUIRE})
"""Markings of a load by which a reader says that it takes no lock."""

TABLES = (
    (r"misc_register|cdev_\w*add|\w*register_chrdev|fd_install|anon_inode_\w+", "file_operations"),
    (r"debugfs_create_\w+|proc_create\w*", "file_operations proc_ops seq_operations"),
    (r"register_netdev\w*", "net_device_ops ethtool_ops header_ops"),
    (r"\w*iio_device_register", "iio_info iio_buffer_setup_ops iio_trigger_ops"),
    (r"\w*hwmon_device_register\w*", "hwmon_ops device_attribute"),
    (r"sysfs_create_\w+|\w*device_add_groups?|device_create_\w+", "device_attribute kobj_attribute"),
    (r"\w*rtc_register_device", "rtc_class_ops"),
    (r"\w*watchdog_register_device", "watchdog_ops"),
    (r"snd_card_register", "snd_pcm_ops snd_kcontrol_new"),
    (r"\w*snd_soc_register_\w+", "snd_kcontrol_new snd_soc_component_driver snd_soc_dai_ops"),
    (r"drm_dev_register", "drm_driver file_operations drm_ioctl_desc"),
    (r"video_register_device|v4l2_\w+", "v4l2_file_operations v4l2_ioctl_ops v4l2_subdev_ops vb2_ops"),
    (r"thermal_zone_\w+", "thermal_zone_device_ops"),
    (r"\w*gpiochip_add_data", "gpio_chip irq_chip"),
    (r"\w*power_supply_register\w*", "power_supply_desc"),
    (r"tty_\w+|uart_\w+", "tty_operations uart_ops tty_port_operations"),
    (r"i2c_add_adapter", "i2c_algorithm"),
    (r"usb_add_hcd", "hc_driver"),
    (r"ieee80211_register_hw|wiphy_register", "ieee80211_ops cfg80211_ops"),
    (r"\w*notifier\w*register\w*|register_\w*notifier", "notifier_block"),
    (r"ib_register_device", "ib_device_ops"),
    (r"scsi_add_host", "scsi_host_template"),
    (r"\w*add_disk", "block_device_operations blk_mq_ops"),
    (r"mmc_add_host", "mmc_host_ops"),
    (r"nf_register_net_hooks?", "nf_hook_ops"),
    (r"\w*mbox_controller_register", "mbox_chan_ops"),
    (r"\w*extcon_dev_register|\w*led_classdev_register|\w*input_register_device", ""),
)
"""Registrars, and the operations tables whose functions may be called before they return."""


class Published(msgspec.Struct, frozen=True):
    """An event after which others may be at an object.

    `studies` are the functions at hand that may be, with all they call; `why` says how they
    come to it: a clause that begins with the reader's name.
    """

    event: int
    name: str
    studies: tuple[Study, ...]
    why: str
    is_start: bool
    """The start of a callback or a registration, which nothing can have come before."""
    is_delayed: bool = False
    """What it starts runs after a while, which the late store hardly ever exceeds."""
    is_marked: bool = True
    """Says that its readers are concurrent; False for a plain store and a plain list."""


class Finders:
    """The answers for one program."""

    def __init__(self, program: Program, list_uses: ListUses, provenance: Provenance) -> None:
        self._program = program
        self._provenance = provenance
        self._list_uses = list_uses
        self._publications = vocabulary().publications
        self._contexts = vocabulary().contexts
        self._rcu = vocabulary().rcu
        self._loads_of: dict[
            tuple[Field, frozenset[Marking]], tuple[tuple[Study, ...] | None, tuple[Study, ...]]
        ] = {}

    def published(self, study: Study, index: int, group: frozenset[str]) -> Published | None:
        """What an event publishes of the object that the variables of `group` point into."""
        event = study.function.events[index]
        if isinstance(event, Access):
            return self._stored(study, index, event, group)
        if not isinstance(event, Call) or any("NO_AUTOEN" in value.text for value in event.arguments):
            return None
        given = [value for value in event.arguments if points_into(value, group)]
        return self._called(study, index, event, (group, given[0])) if given else None

    def _called(
        self, study: Study, index: int, event: Call, what: tuple[frozenset[str], Value]
    ) -> Published | None:
        """What a call that is given the object, or a part of it, publishes."""
        group, given = what
        callback = self._contexts.callback(event.function)
        start = self._publications.async_start(event.function)
        if callback is not None and start in ("irq", "thread"):
            names = [event.arguments[i] for i in callback.handlers if i < len(event.arguments)]
            why = f"{event.function}() may run it at once"
            return self._made(study, index, _function_names(names), (why, True))
        if start in ("timer", "work"):
            return self._armed(study, index, event, given)
        if self._publications.container(event.function) is not None:
            return self._inserted(study, index, event, group)
        return self._registered(study, index, event, group)

    def _stored(self, study: Study, index: int, access: Access, group: frozenset[str]) -> Published | None:
        """A pointer to the object stored where others look."""
        value = access.value
        if access.kind not in (Kind.WRITE, Kind.RMW) or value is None or not points_into(value, group):
            return None
        field = self._program.types.field(access.path)
        if field is None or field.weak or access.path.root in group:
            return None
        self._program.look_for((field.name,))
        readers = [reader for reader in self._few(field, study) if reader is not study]
        if not readers or self._provenance.is_private(study, index, access.path.root):
            return None
        name = f"{access.accessor}()" if access.accessor else f"the store to {access.path.text}"
        why = f"{{reader}} finds the object through {access.path.text}"
        marked = self._loading(field, MARKED) if access.marking is Marking.PLAIN else ()
        is_marked = access.marking is not Marking.PLAIN or any(reader is not study for reader in marked)
        return Published(index, name, self.closure(readers, 1), why, False, is_marked=is_marked)

    def _few(self, field: Field, study: Study) -> tuple[Study, ...]:
        """The functions that load a field, as far as they are looked at."""
        readers = self._loading(field, ANY)
        if len(readers) > MOST_READERS:
            reason = f"{field} is read in {len(readers)} functions: only {MOST_READERS} were looked at"
            self._program.leave_out(study.file.path, reason)
        return readers[:MOST_READERS]

    def _loading(self, field: Field, markings: frozenset[Marking]) -> tuple[Study, ...]:
        """The functions at hand that load a field with one of the markings."""
        mentioning = self._program.mentioning(field.name)
        known, loading = self._loads_of.get((field, markings), (None, ()))
        if known is not mentioning:
            loading = tuple(study for study in mentioning if self._loads(study, field, markings))
            self._loads_of[field, markings] = mentioning, loading
        return loading

    def _loads(self, study: Study, field: Field, markings: frozenset[Marking]) -> bool:
        return any(
            access.kind in (Kind.READ, Kind.RMW)
            and access.marking in markings
            and self._program.types.field(access.path) == field
            for _, access in study.accesses()
        )

    def _inserted(self, study: Study, index: int, call: Call, group: frozenset[str]) -> Published | None:
        container = self._publications.container(call.function)
        if container is None or container.object is None or container.object >= len(call.arguments):
            return None
        if not points_into(call.arguments[container.object], group):
            return None
        walks = [
            other.study
            for use in self._list_uses.of(study)
            if use.event == index
            for other in self._list_uses.partners(use)
            if not other.is_change and other.study is not study
        ]
        walks += self._looking_up(study, call, container.container)
        if not walks:
            return None
        why = f"{{reader}} looks where {call.function}() has put it"
        is_marked = container.ordering != "none"
        return Published(index, f"{call.function}()", self.closure(walks, 1), why, False, is_marked=is_marked)

    def _looking_up(self, study: Study, call: Call, position: int | None) -> list[Study]:
        """The functions that look an object up in the same container."""
        is_there = position is not None and position < len(call.arguments)
        field = self._field(call.arguments[position or 0]) if is_there else None
        if field is None:
            return []
        self._program.look_for((field.name,))
        return [
            other
            for other in self._program.mentioning(field.name)
            if other is not study
            for _, found in other.calls()
            if self._rcu.lookup(found.function) is not None
            and any(self._field(value) == field for value in found.arguments)
        ]

    def _field(self, value: Value) -> Field | None:
        """The field that an argument points at, where its struct is known."""
        field = self._program.types.field(value.path) if value.path is not None else None
        return None if field is None or field.weak else field

    def _armed(self, study: Study, index: int, call: Call, given: Value) -> Published | None:
        """The callback of a timer or work item that is a member of the object."""
        field = self._field(given)
        if field is None:
            return None
        self._program.look_for((field.name,))
        names: set[str] = set()
        for other in self._program.mentioning(field.name):
            for _, setup in other.calls():
                callback = self._contexts.callback(setup.function)
                if callback is not None and setup.arguments and self._field(setup.arguments[0]) == field:
                    handlers = [i for i in callback.handlers if i < len(setup.arguments)]
                    names |= _function_names(setup.arguments[i] for i in handlers)
        published = self._made(study, index, names, (f"{call.function}() may run it at once", True))
        is_delayed = re.search("delayed|timer", call.function) is not None
        return replace(published, is_delayed=is_delayed) if published is not None else None

    def _registered(self, study: Study, index: int, call: Call, group: frozenset[str]) -> Published | None:
        name = call.function
        is_one = self._publications.registration(name) or self._publications.is_fd(name)
        tables = next((words for regex, words in TABLES if re.fullmatch(regex, name)), None)
        if not is_one or tables is None:
            return None
        wanted = set(tables.split())
        rows = study.file.registrations
        names = {row.function for row in rows if row.table_type.split(".")[0] in wanted}
        names |= self._assigned(study, index, group)
        return self._made(study, index, names, (f"it can be called once {name}() has run", True))

    def _assigned(self, study: Study, index: int, group: frozenset[str]) -> set[str]:
        """The functions stored in members of the object before it is registered."""
        values = [
            access.value
            for event, access in study.accesses()
            if study.flow.may_precede(index) >> event & 1 and access.kind is Kind.WRITE
            if access.path.root in group and access.value is not None
        ]
        return {name for name in _function_names(values) if self._program.studies(name, study.file.path)}

    def _made(
        self, study: Study, index: int, names: Iterable[str], how: tuple[str, bool]
    ) -> Published | None:
        """A publication that lets functions of these names run."""
        call = study.function.events[index]
        found = [s for name in sorted(names) for s in self._program.studies(name, study.file.path)]
        found = [s for s in found if s is not study]
        name = f"{call.function}()" if isinstance(call, Call) else ""
        return Published(index, name, self.closure(found, DEPTH), how[0], how[1]) if found else None

    def closure(self, studies: Iterable[Study], depth: int) -> tuple[Study, ...]:
        """The functions, and those at hand that they call, to a depth."""
        found = list(dict.fromkeys(studies))
        level = found
        for _ in range(depth):
            called = {
                callee: None
                for study in level
                for _, call in study.calls()
                if call.function
                for callee in self._program.studies(call.function, study.file.path)
            }
            known = set(found)
            level = [study for study in called if study not in known][: max(MOST_STUDIES - len(found), 0)]
            found += level
        return tuple(found)


def _function_names(values: Iterable[Value]) -> set[str]:
    return {(v.path.root if v.path is not None else v.text).lstrip("&") for v in values} - {"NULL", "0"}
