"""Files: clips, image sequences and audio in, mattes out. The only place that knows PyAV and decord."""
