"""Pages in, matches out: rule packs, normalising, phrases, domains, identifiers, likeness, score.

Everything here is a pure function of a Page and the loaded rules; nothing reads the network or a database.
"""
