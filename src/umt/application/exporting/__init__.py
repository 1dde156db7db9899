"""Exporting what data teams read: the views of read_v1 and the log as files, brought up to date by position."""

from umt.application.exporting.export import Export, ExportRefused, Progress, Written
from umt.application.exporting.manifest import FORMAT, MANIFEST, FileEntry, Manifest, TableEntry

__all__ = [
    "FORMAT",
    "MANIFEST",
    "Export",
    "ExportRefused",
    "FileEntry",
    "Manifest",
    "Progress",
    "TableEntry",
    "Written",
]
