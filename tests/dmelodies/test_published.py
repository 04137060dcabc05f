import numpy as np
import pytest

from factorhub.dmelodies.published import arrays, dictionaries
from factorhub.errors import InputError


def test_the_file_loads_with_the_calls_of_the_original_code(melodies, tmp_path):
    codes = melodies.space.codes(np.arange(0, len(melodies.space), 9973))
    tokens = melodies.render(melodies.space.values(codes))["tokens"]
    np.savez(tmp_path / "dMelodies_dataset.npz", **arrays(tokens, codes))

    dataset = np.load(tmp_path / "dMelodies_dataset.npz", allow_pickle=True)
    assert dataset.files == ["score_array", "latent_array", "note2index_dict", "index2note_dict", "latent_dicts", "metadata"]
    assert (dataset["score_array"].dtype, dataset["latent_array"].dtype) == (np.int32, np.int32)
    assert np.array_equal(dataset["score_array"], tokens)
    assert np.array_equal(dataset["latent_array"], codes)
    index2note, note2index = dataset["index2note_dict"].item(), dataset["note2index_dict"].item()
    assert len(note2index) == 52
    assert {symbol: index for index, symbol in index2note.items()} == note2index
    assert (index2note[0], index2note[1], index2note[2]) == ("__", "rest", "C4")
    latents = dataset["latent_dicts"].item()
    assert list(latents) == list(melodies.space.names) == list(dataset["metadata"].item()["latents_names"])
    assert latents["tonic"][3] == "D#"
    assert latents["octave"] == {0: 4, 1: 5, 2: 6}
    assert latents["arp_chord4"] == {0: "up", 1: "down"}
    assert latents["rhythm_bar2"][1] == [1, 1, 1, 1, 1, 0, 1, 0]
    assert len(latents["rhythm_bar1"]) == 28


def test_the_dictionaries_hold_plain_python_only():
    def plain(item):
        if isinstance(item, dict):
            return all(plain(key) and plain(value) for key, value in item.items())
        if isinstance(item, list | tuple):
            return all(plain(value) for value in item)
        return type(item) in (int, str)

    assert plain(dictionaries())


def test_shapes_and_codes_that_do_not_fit_are_refused():
    tokens, codes = np.ones((3, 16), np.uint8), np.zeros((3, 9), np.int64)
    with pytest.raises(InputError, match=r"needs tokens \(n, 16\) and codes \(n, 9\); got \(3, 16\) and \(2, 9\)"):
        arrays(tokens, codes[:2])
    with pytest.raises(InputError, match="codes of arp_chord4 run from 0 to 1; got 2"):
        arrays(tokens, codes + 2 * (np.arange(9) == 8))
