"""Where the checkpoints are published, with size and hash as users of the files have recorded them, if any has."""

from __future__ import annotations

from vmatte.weights.published import Weights

_HUB = "https://huggingface.co/{}/resolve/main/{}"
_LICENCE = "https://github.com/ZhengPeng7/BiRefNet/blob/main/LICENSE"
# File sizes: a network's parameters in float32 or float16, and the header of a safetensors file.
_LARGE, _LARGE_HALF, _TINY, _TINY_HALF = 884_878_856, 444_473_596, 177_634_392, 88_965_896


def _weights(repository: str, sha256: str | None = None, size: int | None = None) -> Weights:
    return Weights(
        url=_HUB.format(f"ZhengPeng7/{repository}", "model.safetensors"),
        sha256=sha256,
        size=size,
        licence="MIT",
        free=True,
        licence_url=_LICENCE,
        filename=f"{repository}.safetensors",
    )


WEIGHTS = {
    "birefnet": _weights("BiRefNet", "9ab37426bf4de0567af6b5d21b16151357149139362e6e8992021b8ce356a154", _LARGE_HALF),
    "birefnet.512": _weights("BiRefNet_512x512"),
    "birefnet.dynamic": _weights(
        "BiRefNet_dynamic", "e3d2e4884e51ff30f0cd630edc6b1e41b06b7f23a0a2a5169f7b7cb33a711c2d", _LARGE_HALF
    ),
    "birefnet.dynamic-matting": _weights("BiRefNet_dynamic-matting"),
    "birefnet.hr": _weights(
        "BiRefNet_HR", "9d678bafec0b0019fbb073b7fd02f05ede25dc4b15254f23b2fb0be333200c0d", _LARGE_HALF
    ),
    "birefnet.hr-matting": _weights(
        "BiRefNet_HR-matting", "a5a4de698739ea5e0e8bbab28e1b293dde95092b87a442d566cbc585c53cef55", _LARGE_HALF
    ),
    "birefnet.lite": _weights(
        "BiRefNet_lite", "4417d89795250e698c3cb0ae8df15743810065f646f48a694fdfa7ca052d0815", _TINY
    ),
    "birefnet.lite-2k": _weights(
        "BiRefNet_lite-2K", "aa2e4a5af5eb3904694feb40f2b39ec5dd7cd9110906590cfeb982f09a46021d", _TINY
    ),
    "birefnet.lite-matting": _weights(
        "BiRefNet_lite-matting", "ce8bcfc045e336322c0424a5863dcfb7e9ce8fed0a5fd4d1b2b20adf12d97243", _TINY_HALF
    ),
    "birefnet.matting": _weights(
        "BiRefNet-matting", "a9875de5b1e6c8eb5fdaa8c727a82927ce442cdc87ba3abee6a77e6fa46c25bb", _LARGE
    ),
    "birefnet.portrait": _weights(
        "BiRefNet-portrait", "4a4eb3a5469b75f0cccaec6772c22fc30e6c12ed429c2c0ba71b43e3d8d97182", _LARGE
    ),
    "toonout": Weights(
        url=_HUB.format("joelseytre/toonout", "birefnet_finetuned_toonout.pth"),
        sha256=None,
        size=None,
        licence="MIT",
        free=True,
        licence_url="https://huggingface.co/joelseytre/toonout",
        notes="trained on the ToonOut data set, CC BY 4.0",
    ),
}
