"""What the hardware and the compiler may do: litmus tests judged by the kernel's memory model.

The model is not built in: it is a program in the cat language (``model.py`` loads it, a kernel tree's own
or the default that comes with reviewbot), and a litmus test is a small C program (``litmus/``). The search
(``search.py``) lists the candidate executions of a test, the model says which of them may happen.
"""
