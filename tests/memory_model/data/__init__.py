"""Tests and what they show, as data; see README.md."""

from pathlib import Path

DATA = Path(__file__).parent
