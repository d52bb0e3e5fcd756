"""Lists walked under RCU and changed with plain primitives, or walked plainly under RCU.

Gives `ListMismatch` facts (rule rcu-list-mismatch). A walk and a change belong together when
they name the same head, or the same link member of the same struct.
"""

from collections.abc import Iterator

from msgspec.structs import replace

from reviewbot.analysis import wording
from reviewbot.analysis.contexts import Contexts
from reviewbot.analysis.exposure import is_quiet
from reviewbot.analysis.facts import Confidence, Field, Interleaving, ListMismatch, SharedAccess, Step
from reviewbot.analysis.flow import bits
from reviewbot.analysis.list_uses import ListUse, ListUses, is_local
from reviewbot.analysis.locks import same_lock
from reviewbot.analysis.program import Program, Study
from reviewbot.analysis.provenance import Provenance
from reviewbot.analysis.reasons import Quiet
from reviewbot.analysis.scenario import Act, Doing, Scenario
from reviewbot.analysis.scenarios import Scenarios
from reviewbot.analysis.stories import Stories
from reviewbot.analysis.threads import Point, word
from reviewbot.kernel.vocabulary import vocabulary
from reviewbot.syntax.model import Call, Marking, Root


class Lists:
    """The list facts of one program."""

    def __init__(  # noqa: PLR0913, PLR0917  (one collaborator for each question)
        self,
        program: Program,
        contexts: Contexts,
        provenance: Provenance,
        list_uses: ListUses,
        stories: Stories,
        scenarios: Scenarios,
    ) -> None:
        self._stories = stories
        self._program = program
        self._scenarios = scenarios
        self._contexts = contexts
        self._provenance = provenance
        self._list_uses = list_uses
        self._live: dict[tuple[Study, int], bool] = {}

    def facts(self, study: Study) -> Iterator[ListMismatch]:
        """What is to be asked of the lists that a function walks and changes: one fact a list."""
        asked: set[Field] = set()
        for use in self._list_uses.of(study):
            if not use.access.is_new or use.access.field in asked or use.is_local:
                continue
            fact = self._mismatch(use)
            if fact is not None:
                asked.add(use.access.field)
                yield fact
            else:
                self._note(use)

    def _note(self, use: ListUse) -> None:
        """Why nothing is asked of the list that is used here, and of the entries' link."""
        if use.primitive.is_rcu:
            kind = Quiet.MARKED
            words = f"{use.study.name}() {'changes' if use.is_change else 'walks'} it with {use.name}"
        elif use.is_change and not any(other.primitive.is_rcu for other in self._list_uses.partners(use)):
            kind, words = Quiet.ONE_SIDED, "no walk or change of it at hand is one of RCU's"
        else:
            return
        for field in dict.fromkeys(filter(None, (use.head, use.link, use.access.field))):
            self._stories.note(field, kind, words)

    def _mismatch(self, use: ListUse) -> ListMismatch | None:
        if use.is_change and not use.primitive.is_rcu:
            walk = next((w for w in self._list_uses.partners(use) if self._meets(use, w)), None)
            return self._changed_plainly(use, walk, use) if walk else None
        if use.primitive.kind == "walk" and use.primitive.is_rcu:
            changes = (c for c in self._list_uses.partners(use) if self._meets(c, use))
            # a new change is asked about where it stands
            change = next((c for c in changes if not c.access.is_new), None)
            return self._changed_plainly(change, use, use) if change else None
        if use.primitive.kind == "walk":
            return self._walked_plainly(use)
        return None

    def _meets(self, change: ListUse, walk: ListUse) -> bool:
        """Whether a plain change can run while an RCU reader walks the list."""
        if not change.is_change or change.primitive.is_rcu or not change.primitive.wanted:
            return False
        if walk.primitive.kind != "walk" or not walk.primitive.is_rcu or not self._is_reader(walk):
            return False
        if "_from" in walk.call.function or "_continue" in walk.call.function:
            # goes on from an entry that somebody keeps there
            return False
        return not _excludes(change.access, walk.access) and self._is_live(change)

    def _is_reader(self, walk: ListUse) -> bool:
        """Whether a walk is a reader's: under no lock, and by its section where it names a condition."""
        named = 1 + max(walk.primitive.head or 0, walk.primitive.member or 0)
        return not walk.access.held and (len(walk.call.arguments) <= named or bool(walk.access.sections))

    def _is_live(self, use: ListUse) -> bool:
        """Whether others can be at the list: not in setup, teardown, or on a private head."""
        key = (use.study, use.event)
        if key not in self._live:
            self._live[key] = self._is_shared(use)
        return self._live[key]

    def _is_shared(self, use: ListUse) -> bool:
        study = use.study
        if use.is_local or is_quiet(study) or self._contexts.is_single_threaded(study):
            return False
        path = use.call.arguments[use.primitive.head].path if use.primitive.head is not None else None
        if path is not None and path.root_kind in (Root.LOCAL, Root.PARAMETER):
            return not self._provenance.is_private(study, use.event, path.root)
        return not self._is_from_private_list(use)

    def _is_from_private_list(self, use: ListUse) -> bool:
        """Whether the entry was found by walking a list of the function's own."""
        position = use.primitive.object
        path = use.call.arguments[position].path if position is not None else None
        if path is None:
            return False
        if self._provenance.is_private(use.study, use.event, path.root):
            return True
        head = self._list_uses.walked_head(use.study, path.root, use.event)
        return head is not None and is_local(head)

    def _changed_plainly(self, change: ListUse, walk: ListUse, at: ListUse) -> ListMismatch:
        names = (wording.function(change.access), wording.function(walk.access))
        link = change.access.text
        is_add = change.primitive.kind in ("add", "splice", "replace")
        store, load = Step(0, change.access.line_text), Step(1, walk.access.line_text)
        steps = (Step(0, f"fill {link}"), replace(store, arrow="- ->"), load) if is_add else (load, store)
        remark = "<- may be old" if is_add else "<- reads a poisoned or foreign link"
        table = Interleaving(names, (*steps, Step(1, "    follow the link", remark=remark)))
        fact = self._fact(change, walk, at, (f"{change.primitive.wanted}()", True, table))
        return replace(fact, scenarios=self._scenario(change, walk, Marking.PLAIN)) if is_add else fact

    def _scenario(self, change: ListUse, walk: ListUse, marking: Marking) -> tuple[Scenario, ...]:
        """An entry filled in and linked; `marking` is that of the link's store."""
        link = word(change.access.text)
        store = Act(Doing.WRITE, link, marking, is_field=True, text=change.access.line_text)
        load = Act(Doing.READ, link, walk.access.marking, is_field=True, text=walk.access.line_text)
        return (
            self._scenarios.linked(
                (change.access, Point(store, change.study, change.event)),
                (walk.access, Point(load, walk.study, walk.event)),
            ),
        )

    def _walked_plainly(self, walk: ListUse) -> ListMismatch | None:
        """A plain walk in a read-side section, of a list that others change for RCU readers."""
        if walk.access.held or not walk.access.sections or is_quiet(walk.study) or not walk.primitive.wanted:
            return None
        if walk.is_local or not _is_in_section(walk):
            return None
        changes = [u for u in self._list_uses.partners(walk) if u.is_change and u.primitive.is_rcu]
        change = next((u for u in changes if u.study is not walk.study), None)
        if change is None:
            return None
        fact = self._fact(change, walk, walk, (f"{walk.primitive.wanted}()", False, None))
        return replace(fact, scenarios=self._scenario(change, walk, Marking.RCU))

    def _fact(
        self,
        change: ListUse,
        walk: ListUse,
        at: ListUse,
        how: tuple[str, bool, Interleaving | None],
    ) -> ListMismatch:
        wanted, changed_plain, table = how
        wrong = change if changed_plain else walk
        words = self._contexts.overlap(change.study, walk.study)
        return ListMismatch(
            field=walk.head or at.access.field,
            place=at.access.place,
            accesses=(change.access, walk.access),
            confidence=self._confidence(change, walk),
            store=change.access.line_text,
            target=change.access.text,
            **wording.sides(change.access, [walk.access], "walk"),
            overlap=words or f"{wording.function(walk.access)} walks the list as an RCU reader",
            interleaving=table,
            unseen=()
            if change.access.held
            else (f"the lock that keeps {wording.function(change.access)} alone",),
            changed_plain=changed_plain,
            primitive=wrong.name,
            wanted=wanted,
            write_wanted=change.primitive.wanted if changed_plain else change.call.function,
            read_wanted=walk.call.function if changed_plain else walk.primitive.wanted,
        )

    def _confidence(self, change: ListUse, walk: ListUse) -> Confidence:
        """Low where the change is under no lock: then nobody else may have the list yet, or any more."""
        if not change.access.held and not self._contexts.is_open_entry(change.study):
            return Confidence.LOW
        is_whole = change.study.function.is_whole and walk.study.function.is_whole
        return Confidence.HIGH if self._program.has_tree and is_whole else Confidence.MEDIUM


def _is_in_section(walk: ListUse) -> bool:
    """Whether only rcu_read_lock() protects a walk, and no call before it can have taken a lock."""
    events = (walk.study.function.events[i] for i in bits(walk.study.flow.may_precede(walk.event)))
    names = [event.function for event in events if isinstance(event, Call)]
    rcu = vocabulary().rcu
    known = [name for name in names if rcu.enter(name) or rcu.exit(name)]
    flavours = {side.flavour for name in known if (side := rcu.enter(name))}
    return flavours == {"rcu"} and not any("lock" in name for name in names if name not in known)


def _excludes(change: SharedAccess, walk: SharedAccess) -> bool:
    """Whether a lock in common keeps the walk out."""
    return any(same_lock(one.identity, two.identity) for one in change.held for two in walk.held)
