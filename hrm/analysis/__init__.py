"""What models and tables tell when one looks closer. ``plots.py`` alone draws, with matplotlib (extra ``plot``)."""
