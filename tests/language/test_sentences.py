"""Sentences and captions: words follow from factors, and readers give the factors back."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

import factorhub
from factorhub.errors import InputError
from factorhub.language import grammar as g
from factorhub.language.sentences import NOUNS, SAME, parts, read_factors
from factorhub.loaders.huggingface import load
from factorhub.strings import strings
from factorhub.testing import check_generator, sample

SENTENCES = factorhub.generator("sentences")


def every_code(step=1):
    """Codes (n, 10) of all combinations of the factors but the seed, every `step`-th of them; neutral ones have one intensity."""
    sizes = SENTENCES.space.sizes[:-1]
    rows = np.arange(0, int(np.prod(sizes)), step)
    codes = np.stack(np.unravel_index(rows, sizes), axis=1)
    return codes[(codes[:, 1] != 1) | (codes[:, 2] == 0)]


def test_the_reader_inverts_the_whole_grid_with_synonyms_in_turn():
    codes, own = every_code(), parts()
    picks = np.stack([np.arange(len(codes)) % size for size in (NOUNS, SAME, len(g.FILLERS))], axis=1)
    tokens = own.pieces.compose(own.chosen(codes, picks), own.most)["tokens"]
    read, valid = read_factors(tokens)
    assert len(codes) == 435_456
    assert valid.all()
    assert (read[:, :10] == codes).all()


def test_the_reader_inverts_what_is_rendered():
    values = sample(SENTENCES.space, 100_000)
    codes, valid = factorhub.read_factors(SENTENCES.render(values)["tokens"], "sentences")
    assert valid.all()
    assert (codes[:, :10] == SENTENCES.space.codes_of(SENTENCES.space.canonical(values))[:, :10]).all()
    assert (codes[:, 10] == -1).all()


def test_no_two_sentences_are_one():
    codes, own = every_code(step=7), parts()
    tokens = own.pieces.compose(own.chosen(codes, np.zeros((len(codes), 3), dtype=int)), own.most)["tokens"]
    assert len(np.unique(tokens, axis=0)) == len(codes)


def test_sentences_are_spelled_by_their_factors():
    made = SENTENCES.texts(
        SENTENCES.render(
            topic="food", polarity="positive", intensity=3, target="Dorvane", tense=["past", "present", "future"], person="third",
            number="singular", voice=["active", "active", "passive"], platform=["report", "post", "letter"], template=[0, 4, 8],
        )
    )  # fmt: skip
    assert made[0].startswith("She ")
    assert made[0].endswith("the Dorvane for their " + made[0].split()[-1])
    assert made[1].startswith("on the whole, she ")
    assert made[1].endswith("#food")
    assert made[2].startswith("Dear editor, these days, the Dorvane will be ")
    assert made[2].endswith("Yours, a reader.")


def test_agreement_of_every_person_number_and_tense():
    forms = {("first", "singular"): "I", ("second", "plural"): "you all", ("third", "plural"): "they"}
    for (person, number), subject in forms.items():
        text = SENTENCES.texts(SENTENCES.render(person=person, number=number, tense="present", polarity="neutral"))
        assert text.lower().startswith(f"{subject.lower()} ")
        assert not text.split()[len(subject.split())].endswith("s"), text


def test_names_stand_for_nobody():
    assert len(set(g.TARGETS)) == 6
    assert all(name.isalpha() and name[0].isupper() for name in g.TARGETS)


def test_vocabulary_and_lengths_say_where_padding_begins():
    batch = SENTENCES.render(sample(SENTENCES.space, 200))
    meta = SENTENCES.field("tokens").meta
    assert meta["vocabulary"][0] == ""
    assert ((batch["tokens"] > 0).sum(axis=1) == batch["length"]).all()
    cut = batch["tokens"][:, : batch["length"].max()]
    assert (strings(cut, meta) == SENTENCES.texts(batch)).all()
    assert read_factors(cut)[1].all()


def test_changed_words_are_told_from_sentences():
    tokens = SENTENCES.render(sample(SENTENCES.space, 300))["tokens"].astype(np.int64)
    swapped = tokens.copy()
    swapped[:, [1, 3]] = swapped[:, [3, 1]]
    _, valid = read_factors(swapped)
    assert valid.mean() < 0.02
    rubbish = np.random.default_rng(0).integers(-5, 10**6, tokens.shape)
    codes, valid = read_factors(rubbish)
    assert not valid.any()
    assert codes.min() == -1
    assert read_factors(np.zeros((0, 5), dtype=int))[0].shape == (0, 11)


CAPTIONED = ["shapes3d", "dsprites", "multi_dsprites", "robot_arm", "dmelodies", "heads", "pendulum", "sentences"]


@pytest.mark.parametrize("of", CAPTIONED)
def test_captions_are_read_back_to_what_they_tell(of):
    made = factorhub.generator("captioned", of=of)
    if of in ("shapes3d", "dsprites", "dmelodies"):
        check_generator(made)
    values = sample(made.space, 400)
    batch = made.render(values)
    inner = factorhub.generator(of).render(values[:, :-1])
    assert all((batch[name] == array).all() for name, array in inner.items())
    codes, valid = made.reader(batch["caption"])
    assert valid.all()
    assert (codes[:, -1] == values[:, -1]).all()
    for factor, column, own in zip(made.space, codes.T, made.space.canonical(values).T, strict=True):
        if factor.labels is not None and (column >= 0).any():
            assert (column == own).all(), factor.name


def test_captions_name_what_is_asked_for_and_tell_levels_apart():
    made = factorhub.generator("captioned", of="shapes3d", names="shape, scale")
    texts = made.texts(made.render(shape="sphere", scale=[0.75, 1.0, 1.25], phrasing="labels"))
    assert texts.tolist() == ["shape: sphere; scale: lowest", "shape: sphere; scale: middling", "shape: sphere; scale: highest"]
    codes, valid = factorhub.read_factors(made.render(shape="cube", scale=1.25, phrasing="story")["caption"], made)
    assert valid
    assert codes[made.space.index("shape")] == made.space["shape"].code("cube")
    assert codes[made.space.index("floor_hue")] == -1


def test_melodies_are_read_with_a_mask_of_the_grid():
    made = factorhub.generator("dmelodies")
    tokens = made.render(sample(made.space, 500))["tokens"].copy()
    assert factorhub.read_factors(tokens, made)[1].all()
    tokens[::2, 5] = 40
    assert 0.4 < factorhub.read_factors(tokens, "dmelodies")[1].mean() < 0.7


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda: factorhub.read_factors([[1, 2]], "dsprites"), "dsprites has no reader of its observations; these have: dmelodies"),
        (lambda: factorhub.read_factors([[0.5]], "sentences"), "sentences are up to 26 integers on the last axis; got float64"),
        (lambda: factorhub.generator("captioned", of="shapes3d", names="shap"), "no factor named 'shap' in shapes3d"),
        (lambda: factorhub.generator("captioned", of="shapes3d", names="shape,shape"), "lists factors, each once"),
        (lambda: strings([[1]], {}), "tokens are spelled by the vocabulary"),
        (lambda: strings([[7]], {"vocabulary": ["", "a"]}), "tokens are integers from 0 to 1; got 7"),
        (lambda: factorhub.generator("dsprites").texts({}), "dsprites has no text"),
    ],
)
def test_mistakes_are_one_line(call, answer):
    with pytest.raises(InputError, match=answer):
        call()


def test_a_set_spells_its_rows_and_hugging_face_has_strings(tmp_path):
    made = factorhub.generate("sentences", tmp_path / "set", rows=60, splits={"train": 0.5, "test": 0.5})
    texts = SENTENCES.texts({"tokens": made["tokens"]})
    assert made.text(7) == texts[7]
    assert (made.text([5, 3]) == texts[[5, 3]]).all()
    found = load(tmp_path / "set", "train", text=True)
    assert [str(text) for text in found["tokens"]] == texts[:30].tolist()
    assert next(iter(load(tmp_path / "set", "train", text=True, streaming=True)))["tokens"] == texts[0]
    pairs = factorhub.generate("sentences", tmp_path / "pairs", rows=5, regime="pairs")
    assert list(load(tmp_path / "pairs", "train", text=True)[2]["tokens"]) == pairs.text(2).tolist()
    with pytest.raises(InputError, match="image is a column of tokens with a vocabulary; .* has tokens, length"):
        made.text(0, "image")


def run(*words):
    done = subprocess.run(
        [sys.executable, "-m", "factorhub", "read", *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_command_reads_sets_and_files_and_says_what_is_wrong(tmp_path):
    factorhub.generate("sentences", tmp_path / "set", rows=20)
    code, text = run(tmp_path / "set", "--limit", "2")
    assert code == 0
    assert "20 rows, of which 0.00% are none of sentences" in text
    tokens = factorhub.generator("dmelodies").render(sample(factorhub.generator("dmelodies").space, 8))["tokens"]
    tokens[0] = 1
    np.save(tmp_path / "made.npy", tokens)
    code, text = run(tmp_path / "made.npy", "--generator", "dmelodies", "--json")
    assert code == 0
    assert '"invalid": 0.125' in text
    np.save(tmp_path / "floats.npy", np.zeros(3))
    (tmp_path / "text.npy").write_text("no array")
    for words, answer in (
        (["made.npy"], "does not say what made it; name it: --generator dmelodies"),
        (["floats.npy", "--generator", "dmelodies"], "holds integers (rows, tokens); got float64"),
        (["text.npy", "--generator", "dmelodies"], "is no array of numbers"),
        (["gone.npy", "--generator", "dmelodies"], "cannot read"),
        (["set", "--column", "image"], "no column named 'image'"),
        (["made.npy", "--generator", "dsprites"], "dsprites has no reader"),
    ):
        code, text = run(tmp_path / words[0], *words[1:])
        assert (code, answer in text, len(text.strip().splitlines())) == (2, True, 1), text


def test_every_combination_of_form_is_said_in_words_of_its_own():
    forms = itertools.product(g.TENSES, g.NUMBERS, g.PERSONS, g.VOICES)
    texts = {SENTENCES.texts(SENTENCES.render(tense=t, number=n, person=p, voice=v)) for t, n, p, v in forms}
    assert len(texts) == 3 * 2 * 3 * 2
