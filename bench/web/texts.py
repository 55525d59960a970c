"""Text as pages have it: words and paragraphs, drawn from a seed."""

from random import Random


def _words(text: str) -> list[str]:
    return text.split()


_WORDS = _words(
    "the of and to in a is that for it as was with be by on not he his but at are this have from "
    "or had an they which one you were all her she there would their we him been has when who "
    "will no more if out so up said what its about than into them can only other time new some "
    "could these two may first then do any like my now over such our man me even most made after "
    "also did many off before must well back through years much where your way down should "
    "because long each just state people those too mister how little good world make very year "
    "still see own work long day get here both between life being under three never know same "
    "last another while us might great old go come since against right came take used himself"
)
_ACCENTED = _words("café naïve über straße señor déjà façade crème jalapeño smörgås mañana")
_JAPANESE = _words("日本語 東京 天気 今日 新聞 学校 電車 ありがとう カタカナ ひらがな")
_RUSSIAN = _words("привет мир новости погода сегодня город страна работа книга")
#: Words by what they are for; "utf8" is what ordinary pages have.
VOCABULARIES = {
    "utf8": [*_WORDS, *_ACCENTED, *_JAPANESE[:3], *_RUSSIAN[:3]],
    "western": [*_WORDS, *_ACCENTED, "“quoted”", "€5"],
    "accented": [*_WORDS, *_ACCENTED],
    "japanese": _JAPANESE,
    "russian": _RUSSIAN,
}


class Author:
    """Writes HTML pages, none of them twice."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._pages = 0
        self._paragraphs = {name: self._some(words) for name, words in VOCABULARIES.items()}

    def _some(self, words: list[str]) -> list[str]:
        written = []
        for number in range(200):
            text = " ".join(self._random.choices(words, k=self._random.randrange(20, 90)))
            link = f'<a href="/{words[number % len(words)]}/{number}">{words[0]}</a>'
            written.append(f'<p class="text" id="p{number}">{text} {link}.</p>\n')
        return written

    def size(self) -> int:
        """Return a size as the web's pages have it: 16 KiB, some much more, most of them less."""
        return min(400_000, int(self._random.lognormvariate(9.7, 0.9)))

    def page(self, size: int, vocabulary: str = "utf8", meta: str = "") -> str:
        """Return a page of about `size` characters."""
        self._pages += 1
        paragraphs = self._paragraphs[vocabulary]
        mean = sum(map(len, paragraphs)) // len(paragraphs)
        body = "".join(self._random.choices(paragraphs, k=1 + size // mean))
        return (
            f"<!DOCTYPE html>\n<html><head>{meta}<title>Page {self._pages}</title></head>\n"
            f"<body>\n{body}</body></html>\n"
        )
