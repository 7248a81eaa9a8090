"""Where models come from, and what is promised about the bundled one."""

import re
from collections import Counter

import pytest
import torch

from genlab import load_model, probe_model
from genlab.models import STORYTELLER, ModelNotFound, reciting

CIRCLE = "The future of artificial intelligence depends on"  # notebook 03 shows how greedy decoding goes on from here


@pytest.fixture(scope="module")
def storyteller():
    return load_model("storyteller")


def test_the_storyteller_is_the_default_and_ready(storyteller, monkeypatch, capfd):
    monkeypatch.delenv("GENLAB_MODEL", raising=False)
    tokenizer, model = load_model()
    assert not model.training and model.dtype is torch.float32
    assert len(tokenizer) == model.config.vocab_size == 2048
    assert tokenizer.eos_token_id == tokenizer.bos_token_id == model.generation_config.eos_token_id == 2047
    assert tokenizer.pad_token is None
    assert capfd.readouterr().err == ""


def test_loading_touches_no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    load_model("storyteller")


def test_the_environment_chooses(tmp_path, storyteller, monkeypatch):
    tokenizer, model = storyteller
    tokenizer.save_pretrained(tmp_path / "copy")
    model.save_pretrained(tmp_path / "copy")
    monkeypatch.setenv("GENLAB_MODEL", str(tmp_path / "copy"))
    _, other = load_model()
    assert other.name_or_path == str(tmp_path / "copy")
    assert torch.equal(other.lm_head.weight, model.lm_head.weight)


def test_a_model_that_cannot_be_had_is_explained(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # fail at once, ask nobody
    with pytest.raises(ModelNotFound, match=r"(?s)no/such-model.*What to do"):
        load_model("no/such-model")


def test_it_ends_most_of_its_stories_within_200_tokens(storyteller):
    tokenizer, model = storyteller
    ended = 0
    for seed in range(20):
        torch.manual_seed(seed)
        ids = model.generate(
            **tokenizer("Once upon a time", return_tensors="pt"),
            do_sample=True, temperature=0.8, top_p=0.9, top_k=0, max_new_tokens=200, pad_token_id=2047,
        )  # fmt: skip
        ended += ids[0, -1].item() == tokenizer.eos_token_id
    assert ended > 10


def test_greedy_decoding_loops(storyteller):
    tokenizer, model = storyteller
    prompt = tokenizer(CIRCLE, return_tensors="pt")
    ids = model.generate(**prompt, max_new_tokens=200, pad_token_id=2047)[0, prompt["input_ids"].shape[1] :].tolist()
    pieces = [tuple(ids[i : i + 4]) for i in range(len(ids) - 3)]
    assert len(set(pieces)) < 0.6 * len(pieces), "four-token pieces should repeat"
    assert any(ids[-n:] == ids[-2 * n : -n] == ids[-3 * n : -2 * n] for n in range(1, 60)), "it ends in a circle"


def test_greedy_decoding_repeats_itself_and_sampling_less(storyteller):
    tokenizer, model = storyteller
    prompt = tokenizer(CIRCLE, return_tensors="pt")

    def most_repeated(**settings):
        """How often the most frequent piece of four tokens occurs among 120 new tokens."""
        torch.manual_seed(0)
        ids = model.generate(**prompt, max_new_tokens=120, min_new_tokens=120, pad_token_id=2047, **settings)
        ids = ids[0, prompt["input_ids"].shape[1] :].tolist()
        return max(Counter(tuple(ids[i : i + 4]) for i in range(len(ids) - 3)).values())

    assert most_repeated(do_sample=False) >= 5 > most_repeated(do_sample=True, temperature=0.8, top_p=0.9, top_k=0)


def test_the_card_reports_its_loss_and_the_files_are_small():
    card = (STORYTELLER / "README.md").read_text(encoding="utf-8")
    loss = float(re.search(r"\*\*([\d.]+) nats a token\*\*", card)[1])
    assert loss <= 2.09
    assert "CDLA-Sharing-1.0" in card
    assert sum(p.stat().st_size for p in STORYTELLER.iterdir() if p.is_file()) < 12e6


def test_a_probe_model_is_decisive_and_leaves_the_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = probe_model(seed=2)
    assert torch.equal(torch.rand(3), expected)
    with torch.no_grad():
        logits = model(torch.arange(6).reshape(2, 3)).logits
    assert logits.shape == (2, 3, 31) and logits.std() > 0.5
    with torch.no_grad():
        assert torch.equal(probe_model(seed=2)(torch.arange(6).reshape(2, 3)).logits, logits)


def test_a_reciting_model_says_its_texts_and_ends():
    tokenizer, _ = load_model("storyteller")
    texts = ["Lily saw a cat.", "Tom had a red kite and a ball."]
    model, prompts = reciting(tokenizer, texts, prompt_length=3, eos_token_id=2047)
    assert prompts["input_ids"].shape == (2, 3) and bool(prompts["attention_mask"].all())
    said = model.generate(**prompts, max_new_tokens=20, pad_token_id=2047)
    assert tokenizer.batch_decode(said, skip_special_tokens=True) == texts
    endless, prompt = reciting(tokenizer, texts[:1], otherwise=13)
    assert endless.generation_config.eos_token_id is None
    assert endless.generate(**prompt, max_new_tokens=9, pad_token_id=0)[0, -1] == 13
