"""Words that the kernel adds to declarations and that C's grammar does not know."""

import re

from reviewbot.syntax.masks import blank

NESTED = rb"\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)"
"""Balanced parentheses, four levels deep."""

_BARE = (
    rb"__(?:init|exit|initdata|exitdata|initconst|exitconst|meminit|memexit|cpuinit|devinit|devexit|net_init|net_exit|"
    rb"net_initdata|init_or_module|initdata_or_module|initconst_or_module|user|iomem|rcu|percpu|kernel|safe|force|"
    rb"bitwise|nocast|private|"
    rb"maybe_unused|always_unused|unused|must_check|always_inline|ref|refdata|refconst|read_mostly|ro_after_init|"
    rb"lsm_ro_after_init|visible|sched|weak|packed|used|pure|noreturn|kprobes|latent_entropy|randomize_layout|"
    rb"no_randomize_layout|designated_init|nonstring|bpf_kfunc|bpf_hook|ksym|flatten|irq_entry|naked|attribute_const__|"
    rb"head|cold|hot|lockfunc|cpuidle|malloc|deprecated|data_racy|exception_irq_entry|softirq_entry|"
    rb"nosavedata|page_aligned_bss|page_aligned_data|signed__|extension__|inline__|inline|xipram|"
    rb"uaccess|bss|tracing|rethook|prologue|dtb|used_section|noendbr|pmd_pgtable|realmode|"
    rb"no_\w+|noinline|noclone|nocfi|cacheline_aligned\w*|entry_text|refok|scs_magic)"
    rb"|__attribute_const__|____cacheline_\w+|___cacheline_\w+|__cacheline_aligned\w*"
    rb"|asmlinkage|noinline\w*|notrace|noinstr|nokprobe_inline|fallthrough(?=\s*;)|"
    rb"randomized_struct_fields_(?:start|end)|fastcall|__cdecl|__restrict|_Noreturn|__deprecated|"
    rb"asmregparm|__stdcall|STATIC(?=\s+\w)|INLINE|EFIAPI"
)
_WITH_ARGUMENTS = (
    rb"__(?:printf|scanf|aligned|section|alloc_size|realloc_size|counted_by\w*|sized_by\w*|element_count|"
    rb"acquires\w*|releases\w*|must_hold\w*|cond_acquires\w*|guarded_by|pt_guarded_by|free|format_arg|"
    rb"assume_aligned|alias|cleanup|nonnull|copy|attribute__|attribute|cacheline_group_\w+|no_sanitize|"
    rb"ifunc|diag_\w+|compiletime_\w+|builtin_align|acquire_shared|mode|target|vector_size|context__|returns_nonnull)\s*"
)
_STATEMENTS = (
    rb"(?:EXPORT_\w*SYMBOL\w*|MODULE_[A-Z_]+|NOKPROBE_SYMBOL|STACK_FRAME_NON_STANDARD\w*|ALLOW_ERROR_INJECTION|"
    rb"BTF_ID\w*|BTF_SET\w*|BTF_KFUNCS_\w+|__bpf_kfunc_\w+_defs|__bpf_hook_\w+|CACHELINE_ASSERT_\w+|CACHELINE_PADDING|"
    rb"ZONE_PADDING|INIT_CALL|ASM_RET|ASM_ENDBR|ANNOTATE_\w+|_ASM_EXTABLE\w*|KASAN_SANITIZE)\s*"
)
ANNOTATION = re.compile(
    rb"(?<![\w.>])(?=__|[A-Z][A-Z]|asm|no[itk]|fa|ran|_N)(?:"
    + _WITH_ARGUMENTS
    + NESTED
    + rb"|"
    + _STATEMENTS
    + NESTED
    + rb"[ \t]*;?|(?:"
    + _BARE
    + rb")(?!\w|\s*\())"
)
"""An annotation with its arguments, or a line like EXPORT_SYMBOL(x);"""
_CANDIDATE = re.compile(rb"[_A-Zafnr](?<![\w.>].)(?<=(?=__|[A-Z][A-Z]|asm|no[itk]|fa|ran|_N).)")
"""The first letter of what may be one. A pattern that begins with a set is searched for many times faster."""

_QUICK = re.compile(
    rb"__|asmlinkage|no(?:inline|trace|instr|kprobe)|fallthrough|EXPORT_|MODULE_|SYMBOL|randomized_|"
    rb"ALLOW_|BTF_|CACHE|STATIC|INLINE|EFIAPI"
)


def without_annotations(text: bytes) -> bytes:
    """A text with its annotations blanked, newlines kept."""
    parts: list[bytes] = []
    end = 0
    for candidate in _CANDIDATE.finditer(text):
        start = candidate.start()
        found = ANNOTATION.match(text, start) if start >= end else None
        if found is not None:
            parts += (text[end:start], blank(found.group()))
            end = found.end()
    return b"".join((*parts, text[end:])) if parts else text


def annotations(text: bytes) -> tuple[str, ...]:
    """The annotations in a piece of source, white space folded, in order."""
    if not _QUICK.search(text):
        return ()
    return tuple(
        " ".join(found.group().decode("utf-8", "replace").split()) for found in ANNOTATION.finditer(text)
    )
