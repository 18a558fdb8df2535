"""Every entity of the bank, one module per stretch of a family's road.

Columns, relations, named constraints and titles; no queries, rules or formatting. A label is said once, in `info`;
lists, forms, filters, the exchange and the journal read it there. `app/models.py` is the table of contents.
"""
