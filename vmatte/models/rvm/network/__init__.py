"""The network of Robust Video Matting: torch modules that know tensors only.

Alphabet of the shape comments: B clips side by side, T frames, N = T * B pictures with time outermost, C channels,
H W the frame, h w the picture that the network looks at. Attribute names above parameters are those of the published
checkpoints.
"""
