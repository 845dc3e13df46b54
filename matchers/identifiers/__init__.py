"""Identifiers: the numbers, accounts and handles by which fraudsters are reached and paid, in normal form."""
