"""Reading the performance exports of advertising platforms, a row at a time."""

from umt.application.importing.opening import UnusableInput
from umt.application.importing.reader import FORMATS, Summary, check, read
from umt.application.importing.rows import Options, PerformanceRow, RejectedRow

__all__ = ["FORMATS", "Options", "PerformanceRow", "RejectedRow", "Summary", "UnusableInput", "check", "read"]
