"""Litmus texts of our own, and a .def file in miniature."""

MACROS = """\
// in miniature
READ_ONCE(X) __load{once}(X)
WRITE_ONCE(X,V) { __store{once}(X,V); }
smp_load_acquire(X) __load{acquire}(*X)
smp_store_release(X,V) { __store{release}(*X,V); }
smp_store_mb(X,V) { __store{once}(X,V); __fence{mb}; }
smp_mb() { __fence{mb}; }
smp_rmb() { __fence{rmb}; }
smp_wmb() { __fence{wmb}; }
smp_mb__after_unlock_lock() { __fence{after-unlock-lock}; }
xchg(X,V) __xchg{mb}(X,V)
xchg_acquire(X,V) __xchg{acquire}(X,V)
cmpxchg(X,V,W) __cmpxchg{mb}(X,V,W)
cmpxchg_release(X,V,W) __cmpxchg{release}(X,V,W)
spin_lock(X) { __lock(X); }
spin_unlock(X) { __unlock(X); }
spin_trylock(X) __trylock(X)
spin_is_locked(X) __islocked(X)
srcu_read_lock(X) __srcu{srcu-lock}(X)
srcu_read_unlock(X,Y) { __srcu{srcu-unlock}(X,Y); }
synchronize_srcu(X) { __srcu{sync-srcu}(X); }
atomic_read(X) READ_ONCE(*X)
atomic_inc(X) { __atomic_op(X,+,1); }
atomic_andnot(V,X) { __atomic_op(X,&~,V); }
atomic_add_return_relaxed(V,X) __atomic_op_return{once}(X,+,V)
atomic_fetch_add(V,X) __atomic_fetch_op{mb}(X,+,V)
atomic_dec_and_test(X) __atomic_op_return{mb}(X,-,1) == 0
"""


def one_thread(code: str, parameters: str = "int *x, int *y, int *z", condition: str = "") -> str:
    return f"C one\n\n{{}}\n\nP0({parameters})\n{{\n{code}\n}}\n\n{condition}\n"


MAIL = """\
C mail-and-note

(*
 * Result: Sometimes
 *
 * A note is left after the mail, with nothing to order the two.
 *)

{}

P0(int *mail, int *note) // the postman
{
	WRITE_ONCE(*mail, 1);
	WRITE_ONCE(*note, 1);
}

P1(int *mail, int *note) // the reader
{
	int r0;
	int r1;

	r0 = READ_ONCE(*note);
	r1 = READ_ONCE(*mail);
}

exists (1:r0=1 /\\ 1:r1=0) (* the mail is missed *)
"""

ORDERED_MAIL = (
    MAIL.replace("Sometimes", "Never")
    .replace("mail-and-note", "ordered-mail")
    .replace("WRITE_ONCE(*note, 1)", "smp_store_release(note, 1)")
    .replace("READ_ONCE(*note)", "smp_load_acquire(note)")
)

BOXES = """\
C boxes

{}

P0(int *left, int *right)
{
	int r0;

	WRITE_ONCE(*left, 1);
	r0 = READ_ONCE(*right);
}

P1(int *left, int *right)
{
	int r0;

	WRITE_ONCE(*right, 1);
	r0 = READ_ONCE(*left);
}

exists (0:r0=0 /\\ 1:r0=0)
"""

FENCED_BOXES = BOXES.replace("1);\n\tr0", "1);\n\tsmp_mb();\n\tr0")

PLAIN = """\
C plain

{}

P0(int *mail, int *note)
{
	*mail = 1;
	smp_wmb();
	WRITE_ONCE(*note, 1);
}

P1(int *mail, int *note)
{
	int r0;
	int r1 = 0;

	r0 = READ_ONCE(*note);
	if (r0) {
		smp_rmb();
		r1 = *mail;
	}
}

exists (1:r0=1 /\\ 1:r1=0)
"""
