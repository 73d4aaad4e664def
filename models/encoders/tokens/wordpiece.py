"""WordPiece tokens of BERT, exactly as Hugging Face's tokenizers give them, at ten times the speed.

What each character becomes (dropped, a space, a token of its own, or a letter in lower case and
without accents) is asked of `tokenizers` once and kept in a table. A text whose characters are all
in the table is cut by compiled code; any other text (ideographs, emoji, names of special tokens) is
given to `tokenizers`, and so are all texts where numba is missing.

References
----------
Devlin, J., Chang, M.-W., Lee, K. & Toutanova, K. (2019). BERT. Proceedings of NAACL, section 3.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from ....errors import MissingExtraError
from ...strings import Strings
from ..words.alphabet import BASIS, PRIME, SPREAD, is_compiled
from .alphabet import DROP, INSIDE, KNOWN, LONGEST, ODD, PUNCTUATION, SPACE

__all__ = ["WordPiece", "clean"]

_ALL_BITS = (1 << 64) - 1


def clean(text: str) -> str:
    """Replace lone surrogates, which cannot become the UTF-8 that `tokenizers` wants."""
    return text.encode("utf-8", "replace").decode()


class WordPiece:
    """Cuts texts into tokens of one vocabulary, without special tokens.

    Parameters
    ----------
    vocabulary
        The tokens; the number of each is its place.
    unknown
        The token of words that cannot be put together.
    special
        Tokens that are found in texts as they are written.
    """

    def __init__(
        self,
        vocabulary: Sequence[str],
        unknown: str = "[UNK]",
        special: Sequence[str] = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    ) -> None:
        self.vocabulary, self.unknown, self.special = tuple(vocabulary), unknown, tuple(special)
        self.unknown_id = np.int32(self.vocabulary.index(unknown))

    def tokens(self, texts: Strings) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Give the tokens of texts.

        Returns
        -------
        The tokens one text after the other, and where each text's begin, shape (n_texts + 1,).
        """
        n_bytes = int(texts.offsets[-1] - texts.offsets[0])
        found, ends = np.zeros(n_bytes + 1, np.int32), np.zeros(len(texts) + 1, np.int64)
        odd = np.ones(len(texts), np.bool_)
        if is_compiled():
            from .wordpiece_fast import fill_tokens

            fill_tokens(texts.data, texts.offsets, *self.tables, self.unknown_id, found, ends, odd)
        rows = np.split(found, ends[1:])[: len(texts)]
        strange = np.flatnonzero(odd)
        slow = self.slowly([texts.text(row) for row in strange])
        for row, tokens in zip(strange, slow, strict=True):
            rows[row] = np.array(tokens, np.int32)
        whole = np.concatenate([np.zeros(0, np.int32), *rows])
        return whole, np.cumsum([0, *map(len, rows)], dtype=np.int64)

    def slowly(self, texts: Sequence[str]) -> list[list[int]]:
        """Give the tokens of texts by `tokenizers`."""
        if not texts:
            return []
        found = self._reference.encode_batch_fast(list(map(clean, texts)), add_special_tokens=False)
        return [one.ids for one in found]

    @cached_property
    def tables(self) -> tuple[npt.NDArray[Any], ...]:
        """What compiled code needs: characters; keys and values of the vocabulary's hash table."""
        keys = np.zeros(1 << 17, np.uint64)
        slots = np.full(1 << 17, -1, np.int32)
        for number, token in enumerate(self.vocabulary):
            inside = token.startswith("##") and len(token) > 2
            hashed = INSIDE if inside else BASIS
            for letter in token[2:] if inside else token:
                hashed = ((hashed ^ ord(letter)) * PRIME) & _ALL_BITS
            place = ((hashed * SPREAD) & _ALL_BITS) >> 47
            while slots[place] >= 0:
                place = (place + 1) & (len(slots) - 1)
            keys[place], slots[place] = hashed, number
        return self._characters(), keys, slots

    def _characters(self) -> npt.NDArray[np.uint32]:
        reference = self._reference
        table = np.zeros(KNOWN, np.uint32)
        for point in range(KNOWN):
            lower = reference.normalizer.normalize_str(chr(point))
            if not lower:
                table[point] = DROP
                continue
            parts = reference.pre_tokenizer.pre_tokenize_str(f"a{lower}a")
            if len(lower) > 1:
                table[point] = ODD
            elif len(parts) == 1:
                table[point] = ord(lower)
            else:
                table[point] = SPACE if len(parts) == 2 else PUNCTUATION | ord(lower)
        return table

    @cached_property
    def _reference(self) -> Any:
        try:
            from tokenizers import AddedToken, Tokenizer
            from tokenizers.models import WordPiece as Model
            from tokenizers.normalizers import BertNormalizer
            from tokenizers.pre_tokenizers import BertPreTokenizer
        except ImportError as error:
            raise MissingExtraError("the encoder static", "minilm") from error
        numbers = {token: number for number, token in enumerate(self.vocabulary)}
        made = Tokenizer(
            Model(vocab=numbers, unk_token=self.unknown, max_input_chars_per_word=LONGEST)
        )
        made.normalizer, made.pre_tokenizer = BertNormalizer(), BertPreTokenizer()
        made.add_special_tokens([AddedToken(one, special=True) for one in self.special])
        return made
