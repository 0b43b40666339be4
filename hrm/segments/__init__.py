"""The work between segments, for training and solving alike: slots, halting, losses."""
