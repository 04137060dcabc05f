"""What several files of tests here share."""

from __future__ import annotations

import pytest

SOAK = pytest.mark.soak
