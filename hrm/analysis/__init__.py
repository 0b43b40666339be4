"""A closer look at models and tables. ``plots.py`` alone draws, with matplotlib (extra ``plot``)."""
