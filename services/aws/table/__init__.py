"""Parts of the videos table: items and their values, transactions, and totals in several items."""
