"""vmatte: video matting as one stream, clips in, steady alpha and ProRes 4444 out."""
