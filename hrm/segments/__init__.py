"""What lies between segments, for training and solving alike: slots, halting, losses."""
