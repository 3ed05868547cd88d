"""Short animations with alpha: GIF, APNG, WebP and WebM, from frames and durations, with or without a run."""
