"""Data contracts: what data teams may rely on in each view of read_v1, as documents that their tools check.

`published.py` says which views there are, `promises.py` what holds for their values; `odcs.py` writes an Open Data
Contract Standard document for each view and `dbt.py` the sources of a dbt project, from nothing else.
"""

from umt.application.contracts.dbt import dbt_sources
from umt.application.contracts.odcs import data_contracts
from umt.application.contracts.published import PublishedView, published_views

__all__ = ["PublishedView", "data_contracts", "dbt_sources", "published_views"]
