"""Data sets that can be fetched: from where, with which checksum."""
