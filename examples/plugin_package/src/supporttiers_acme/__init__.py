"""Acme's contracts, pager, printers and database, for supporttiers."""
