"""Sentences in the learner's language: templates, plurals, numbers, and what happens without a catalogue."""

import os
import subprocess
import sys

import numpy as np
import pytest

from cnnlib.runtime.language import Said, languages, page_words, say, say_many, speak, spoken, word


def test_english_is_the_default_and_left_alone():
    assert say("{share:.1f} % of {count:,}", share=12.345, count=60_000) == "12.3 % of 60,000"
    assert (word("Loss"), word("1,234.5"), page_words()) == ("Loss", "1,234.5", {})
    assert type(word("Loss")) is str


def test_a_sentence_is_put_into_german():
    with spoken("de"):
        assert say("{guessing:.2f} = guessing", guessing=2.3) == "2,30 = geraten"
        assert say_many("{number} epoch", "{number} epochs", 1) == "1 Epoche"
        assert say_many("{number} epoch", "{number} epochs", 3) == "3 Epochen"
    assert say("{guessing:.2f} = guessing", guessing=2.3) == "2.30 = guessing"


def test_the_order_of_words_is_the_languages_own():
    with spoken("de"):
        assert say("image {number}", number=7) == "Bild 7"
        assert say("{images} of class {label}", images="test images", label="7") == "Testbilder der Klasse 7"


@pytest.mark.parametrize("number", [1234.5, np.float32(1234.5), np.float64(1234.5)])
def test_numbers_are_written_as_the_language_writes_them(number):
    with spoken("de"):
        assert say("{x:,.1f}", x=number) == "1.234,5"


def test_a_number_that_is_written_already_is_not_turned_back():
    with spoken("de"):
        once = word("1.168")
        assert (once, word(once), word(say("{x:,}", x=1168))) == ("1,168", "1,168", "1.168")


@pytest.mark.parametrize("text", [">=4.66, <9", "2.0.2", "numpy", "x[1, 2]", "1e-3 …", ""])
def test_what_is_no_word_and_no_number_stays(text):
    with spoken("de"):
        assert word(text) == text


def test_what_is_added_to_a_sentence_is_looked_up():
    with spoken("de"):
        assert say("filter {k} at the start", k=1) + "Loss" == "Filter 1 am AnfangVerlust"
        assert " " + say("filter {k} at the start", k=1) == " Filter 1 am Anfang"
        assert isinstance(str(say("filter {k} at the start", k=1)), Said)


def test_a_text_that_nobody_translated_stays_english():
    with spoken("de"):
        assert say("nobody has seen {count} of these", count=2.5) == "nobody has seen 2,5 of these"


def test_an_unknown_language_gives_a_sentence_and_changes_nothing():
    with spoken("de"):
        with pytest.raises(ValueError, match="language: got 'xx', expected one of de, en"):
            speak("xx")
        assert word("Loss") == "Verlust"


@pytest.mark.parametrize("name", ["de", "de-AT", "de_CH.UTF-8", "DE"])
def test_a_region_counts_as_its_language(name):
    with spoken(name):
        assert word("Loss") == "Verlust"


@pytest.mark.parametrize(("language", "said", "warned"), [("de", "Verlust", False), ("xx", "Loss", True)])
def test_the_environment_chooses(language, said, warned):
    """And an unknown language there is told of and leaves English."""
    code = "from cnnlib.runtime.language import word; print(word('Loss'))"
    environment = os.environ | {"CNNLIB_LANGUAGE": language}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said
    assert ("CNNLIB_LANGUAGE: language: got 'xx', expected one of de, en" in done.stderr) == warned


def test_two_processes_speak_their_own_language():
    assert set(languages()) >= {"de", "en"}
    code = "import cnnlib.widgets as w; print(w.TrainingView().text)"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=os.environ | {"CNNLIB_LANGUAGE": name}, stdout=subprocess.PIPE
        )
        for name in ("de", "en")
    ]
    german, english = (run.communicate()[0].decode() for run in runs)
    assert german.startswith("Vor dem ersten Schritt") and english.startswith("Before the first step")
