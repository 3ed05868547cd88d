"""Which sound a container holds, as data: what is copied as it is, and what everything else becomes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holding:
    """What a container does with sound.

    Attributes:
        name: The container as users know it.
        codecs: Beginnings of FFmpeg's names of the codecs whose packets it takes as they are.
        encoder: FFmpeg's encoder for all others.
        becomes: The same in words.
        samples: FFmpeg's name of the sample format handed to that encoder.
        rate: Its only sampling rate; 0 for that of the source.
        bit_rate: Bits per second of a channel; 0 where that means nothing.
    """

    name: str
    codecs: tuple[str, ...]
    encoder: str
    becomes: str
    samples: str
    rate: int = 0
    bit_rate: int = 0


# What players and editors of QuickTime files read. FFmpeg would also store Opus, FLAC and DTS in them, unread.
QUICKTIME = Holding(
    "QuickTime", ("aac", "alac", "mp3", "ac3", "eac3", "pcm_"), "pcm_s16le", "decoded to 16-bit PCM", "s16"
)
# The MP4 registration authority lists Opus and FLAC too, but Apple's players and most editors do not read them there.
# 96 kbit/s a channel is where listening tests stop telling AAC-LC from the original (EBU Tech 3339: 192 kbit/s stereo).
MP4 = Holding("MP4", ("aac", "alac", "mp3", "ac3", "eac3"), "aac", "encoded again as AAC", "fltp", bit_rate=96_000)
# The WebM container guidelines allow Vorbis and Opus only; RFC 6716 lists 64 kbit/s a channel for full-band music.
WEBM = Holding("WebM", ("opus", "vorbis"), "libopus", "encoded again as Opus", "fltp", rate=48_000, bit_rate=64_000)
