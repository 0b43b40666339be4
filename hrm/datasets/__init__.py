"""What can be fetched, from where, with which checksum."""
