"""Campaigns: hits that share a number, an account, a site, a text or a picture."""
