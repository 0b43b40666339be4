"""Models on disk, in and out: our folders, the hub, the checkpoints of the published code."""
