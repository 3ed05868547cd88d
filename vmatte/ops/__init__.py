"""Array algorithms, one per file: numpy and OpenCV in, numpy out, no files and no models."""
