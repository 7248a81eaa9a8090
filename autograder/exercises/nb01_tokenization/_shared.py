"""What the exercises of this notebook share."""

TEXT = "the dog ran home and Lily was so happy she gave him a big red ball unbelievable café 🙂 2024 Hello"


def sentence(rng, length):
    """Words in random order, common and rare ones."""
    return " ".join(rng.choice(TEXT.split()) for _ in range(length))
