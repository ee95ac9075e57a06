#!/usr/bin/env python3
"""One peer measures or judges documents by Gopher's quality and repetition rules (and C4's where asked for).

usage: filters.py PEER INPUT.jsonl WORK_FOLDER

Runs in the peer's own environment and writes no text. The last line on stdout is JSON: seconds without the loading of
modules, documents, and how many were dropped, where the peer decides that. PEER is one of datatrove, datatrove_c4,
dolma, dolma_c4, datajuicer.
"""
import os
import sys

from common import Clock, read


def datatrove_filters(path, work, filters):
    from datatrove.data import Document
    from datatrove.utils.word_tokenizers import load_word_tokenizer
    del work
    load_word_tokenizer("en").word_tokenize("spaCy loads its rules here.")
    clock = Clock()
    ids, texts = read(path)
    dropped = 0
    for name, text in zip(ids, texts):
        document = Document(text=text, id=name)
        # Every filter looks at every document, as tamis does with on=all; a pipeline would stop at the first.
        verdicts = [f.filter(document) for f in filters]
        dropped += not all(v is True or (isinstance(v, tuple) and v[0]) for v in verdicts)
    clock.done(documents=len(ids), dropped=dropped)


def datatrove(path, work):
    from datatrove.pipeline.filters import GopherQualityFilter, GopherRepetitionFilter
    datatrove_filters(path, work, [GopherRepetitionFilter(), GopherQualityFilter()])


def datatrove_c4(path, work):
    from datatrove.pipeline.filters import C4QualityFilter
    datatrove_filters(path, work, [C4QualityFilter()])


def dolma_taggers(path, work, tagger):
    from dolma.core.data_types import Document
    del work
    clock = Clock()
    ids, texts = read(path)
    for name, text in zip(ids, texts):
        tagger.predict(Document(source="bench", id=name, text=text))
    clock.done(documents=len(ids), dropped=None)


def dolma(path, work):
    from dolma.taggers.gopher import GopherTaggerV2
    dolma_taggers(path, work, GopherTaggerV2())


def dolma_c4(path, work):
    from dolma.taggers.c4 import FasterC4Tagger
    dolma_taggers(path, work, FasterC4Tagger())


def datajuicer(path, work):
    del work
    from data_juicer.ops.filter.alphanumeric_filter import AlphanumericFilter
    from data_juicer.ops.filter.average_line_length_filter import AverageLineLengthFilter
    from data_juicer.ops.filter.character_repetition_filter import CharacterRepetitionFilter
    from data_juicer.ops.filter.special_characters_filter import SpecialCharactersFilter
    from data_juicer.ops.filter.word_repetition_filter import WordRepetitionFilter
    from data_juicer.ops.filter.words_num_filter import WordsNumFilter
    from data_juicer.utils.constant import Fields
    ops = [AlphanumericFilter(batch_size=1000), AverageLineLengthFilter(), CharacterRepetitionFilter(),
           SpecialCharactersFilter(), WordRepetitionFilter(lang="en"), WordsNumFilter(lang="en")]
    clock = Clock()
    ids, texts = read(path)
    kept = 0
    for begin in range(0, len(texts), 1000):
        part = texts[begin:begin + 1000]
        samples = {"text": part, Fields.stats: [{} for _ in part], Fields.context: [{} for _ in part]}
        keep = [True] * len(part)
        for op in ops:
            samples = op.compute_stats_batched(samples)
            keep = [a and b for a, b in zip(keep, op.process_batched(samples))]
        kept += sum(keep)
    clock.done(documents=len(ids), dropped=len(ids) - kept)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    globals()[sys.argv[1]](*(os.path.abspath(name) for name in sys.argv[2:]))
