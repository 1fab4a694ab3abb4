"""Runs controls on subjects, stamps what they yield, and appends it to the ledger."""
