"""Encoder and decoder, self-attention and the minimal cells: exact gradients, PyTorch's, and what decoding finds."""

import itertools

import numpy as np
import pytest
import torch
from same import same_params, same_training

from rnnbook import (
    GRU,
    LSTM,
    Adam,
    Attention,
    Batch,
    Bidirectional,
    Dense,
    Embedding,
    EncoderDecoder,
    MinGRU,
    MinLSTM,
    Model,
    SelfAttention,
    Stack,
    Update,
    check_gradients,
    complex_step,
    fit,
    init,
    softmax_cross_entropy,
)
from rnnbook.cells.minimal import linear_scan
from rnnbook.jax.compiled import compiled
from rnnbook.layers.encoder_decoder import EOS, beam_search, greedy_decode, pad_sequences, shift_right

S, T, B, K = 6, 4, 3, 5
LENGTHS = np.array([6, 2, 4])


def made(rng, kind=None, encoder="cell", ids=True, cell=LSTM, dtype=np.float64):
    """A small encoder–decoder, and something to read and to write."""
    options = {"rng": rng, "dtype": dtype}
    D, H = 3, 4
    reads = {
        "cell": lambda: cell(D, H, **options),
        "both": lambda: Bidirectional(cell(D, 3, **options), cell(D, H, **options)),
        "dense": lambda: Dense(D, 5, **options),
        "stack": lambda: Stack([cell(D, 2, **options), cell(2, H, **options)]),
    }[encoder]()
    writes = Stack([cell(2, 2, **options), cell(2, H, **options)]) if encoder == "stack" else cell(2, H, **options)
    E = reads.output_size
    attention = None if kind is None else Attention(H, E, kind=kind, **options)
    model = EncoderDecoder(
        reads,
        writes,
        Dense(H + (E if kind else 0), K, **options),
        Embedding(K, 2, **options),
        Embedding(7, D, **options) if ids else None,
        attention,
    )
    source = rng.integers(0, 7, (S, B)) if ids else rng.normal(size=(S, B, D))
    return model, source, rng.integers(0, K, (T, B))


CASES = [
    (kind, encoder, ids)
    for kind, encoder, ids in itertools.product(
        (None, "additive", "multiplicative"), ("cell", "both", "dense", "stack"), (True, False)
    )
    if not (kind is None and encoder == "dense")  # then nothing reaches the decoder
]


@pytest.mark.parametrize(("kind", "encoder", "ids"), CASES)
def test_all_gradients_are_exact(kind, encoder, ids, rng):
    model, source, target = made(rng, kind, encoder, ids)
    lengths = None if encoder == "dense" and kind is None else LENGTHS
    x, dy = (source, shift_right(target)), rng.normal(size=(T, B, K))
    model(x, lengths)
    dsource = model.backward(dy)
    grads = {name: g.copy() for name, g in model.grads.items()}
    assert grads.keys() == model.params.keys()
    for path, gradient in grads.items():
        part, _, name = path.partition(".")
        owner = model.parts[part]
        if "." in name:
            inner, _, name = name.partition(".")
            owner = owner.parts[inner]
        kept = owner.params[name]

        def loss(value, owner=owner, name=name):
            owner.params[name] = value
            return (model(x, lengths) * dy).sum()

        exact = complex_step(loss, kept)
        owner.params[name] = kept
        np.testing.assert_allclose(gradient, exact, rtol=1e-9, atol=1e-13, err_msg=path)
    if ids:
        assert dsource is None
    else:
        exact = complex_step(lambda v: (model((v, x[1]), lengths) * dy).sum(), source)
        np.testing.assert_allclose(dsource, exact, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_loss_and_gradients_are_pytorchs(kind, rng):
    """The same written with PyTorch's own modules, and differentiated by it."""
    from rnnbook.interop import to_torch

    model, source, target = made(rng, kind)
    y = model((source, shift_right(target)), LENGTHS)
    value, dy = softmax_cross_entropy(y, target)
    model.backward(dy)
    cells = ("encoder.", "decoder.")
    tensors = {n: torch.tensor(p, requires_grad=True) for n, p in model.params.items() if not n.startswith(cells)}
    encoder, decoder = to_torch(model.encoder), to_torch(model.decoder)
    embedded = tensors["source.W"][torch.tensor(source)]
    packed = torch.nn.utils.rnn.pack_padded_sequence(embedded, torch.tensor(LENGTHS), enforce_sorted=False)
    hs, state = encoder(packed)
    keys, _ = torch.nn.utils.rnn.pad_packed_sequence(hs, total_length=S)
    g, _ = decoder(tensors["target.W"][torch.tensor(shift_right(target))], state)
    mask = torch.tensor(np.arange(S) < LENGTHS[:, None])[:, None]
    g, k = g.transpose(0, 1), keys.transpose(0, 1)
    if kind == "multiplicative":
        q = g @ tensors["attention.W"]
        context = torch.nn.functional.scaled_dot_product_attention(q, k, k, attn_mask=mask, scale=1.0)
    else:
        hidden = torch.tanh((g @ tensors["attention.W_q"])[:, :, None] + (k @ tensors["attention.W_k"])[:, None])
        scores = (hidden @ tensors["attention.v"]).masked_fill(~mask, -torch.inf)
        context = torch.softmax(scores, dim=-1) @ k
    g, context = g.transpose(0, 1), context.transpose(0, 1)
    logits = torch.cat([g, context], dim=-1) @ tensors["readout.W"] + tensors["readout.b"]
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, K), torch.tensor(target).reshape(-1))
    loss.backward()
    np.testing.assert_allclose(value, loss.item(), rtol=1e-12)
    theirs = {name: tensor.grad.numpy() for name, tensor in tensors.items()}
    for part, module in (("encoder", encoder), ("decoder", decoder)):
        for name, param in (("W_x", module.weight_ih_l0), ("W_h", module.weight_hh_l0), ("b", module.bias_ih_l0)):
            blocks = param.grad.chunk(4)
            theirs[f"{part}.{name}"] = torch.cat([blocks["ifgo".index(g)] for g in model.encoder.blocks]).numpy().T
    assert theirs.keys() == model.grads.keys()
    for name, gradient in theirs.items():
        np.testing.assert_allclose(model.grads[name], gradient, rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("encoder", ["cell", "both", "dense"])
@pytest.mark.parametrize("kind", ["additive", "multiplicative"])
def test_padding_changes_nothing(kind, encoder, rng):
    model, source, target = made(rng, kind, encoder)
    y = model((source, shift_right(target)), LENGTHS)
    model.backward(np.ones_like(y))
    changed = source.copy()
    for b, n in enumerate(LENGTHS):
        changed[n:, b] = (source[n:, b] + 1) % 7
        alone = model((source[:n, b : b + 1], shift_right(target)[:, b : b + 1]))
        np.testing.assert_allclose(y[:, b : b + 1], alone, rtol=1e-12)
    np.testing.assert_array_equal(model((changed, shift_right(target)), LENGTHS), y)


@pytest.mark.parametrize("kind", [None, "additive"])
def test_compiled_training_is_numpys(kind, rng):
    model, source, target = made(rng, kind)
    twin, *_ = made(np.random.default_rng(9), kind)
    for name, p in twin.params.items():
        p[...] = model.params[name]
    batch = Batch((source, shift_right(target)), target, None, LENGTHS)
    histories = [
        fit(m, softmax_cross_entropy, Adam(0.01), lambda: batch, steps=7, compiled=fast)
        for m, fast in ((model, False), (twin, True))
    ]
    same_training(histories[0].loss, histories[1].loss)
    same_params(model.params, twin.params)


def test_compiled_training_says_what_is_wrong(rng):
    model, source, target = made(rng)
    for wrong, message in (
        (Batch((source + 7, shift_right(target)), target), "source must lie between 0 and 6"),
        (Batch((source, shift_right(target) + K), target), "decoder_input must lie between 0 and 4"),
        (Batch((source, shift_right(target)), target, None, LENGTHS + 1), "lengths must lie between 1 and T = 6"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(model, softmax_cross_entropy, Adam(), lambda w=wrong: w, steps=1, compiled=True)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("option", [{"carry": True}, {"rng": np.random.default_rng(0)}])
def test_what_only_a_model_can_do_is_refused(option, compiled, rng):
    model, source, target = made(rng)
    batch = Batch((source, shift_right(target)), target)
    with pytest.raises(TypeError, match="carry and rng need a model with `forward`"):
        fit(model, softmax_cross_entropy, Adam(), lambda: batch, steps=1, compiled=compiled, update=Update(**option))


def likeliest(model, source, longest):
    """Every sequence of at most `longest` symbols with its log-probability, the likeliest first."""
    found = []
    for n in range(longest + 1):
        for symbols in itertools.product(range(1, K), repeat=n):
            target = np.array([*symbols, EOS] if n < longest else symbols)[:, None]
            y = model((source, shift_right(target)))[:, 0]
            log_p = y - np.log(np.exp(y).sum(axis=-1, keepdims=True))
            found.append((list(symbols), log_p[np.arange(len(target)), target[:, 0]].sum()))
    return sorted(found, key=lambda pair: -pair[1])


@pytest.mark.parametrize("cell", [LSTM, GRU])
@pytest.mark.parametrize("encoder", ["cell", "stack"])
def test_a_wide_beam_finds_the_likeliest_of_all_sequences(cell, encoder, rng):
    model, source, _ = made(rng, "additive", encoder, cell=cell)
    model.params["readout.W"][...] *= 8
    source = source[:, :1]
    best = likeliest(model, source, 3)
    found = beam_search(model, source, width=200, max_length=3)
    for (symbols, score), (expected, log_p) in zip(found[:10], best[:10], strict=True):
        assert symbols == expected
        np.testing.assert_allclose(score, log_p, rtol=1e-10)
    narrow = beam_search(model, source, width=1, max_length=3)[0][0]
    assert narrow == greedy_decode(model, source, max_length=3)[0]


def test_a_beam_reads_no_padding(rng):
    model, source, _ = made(rng, "additive")
    short = beam_search(model, source[:4, 2:], np.array([4]), width=3, max_length=5)
    assert beam_search(model, source[:, 2:], np.array([4]), width=3, max_length=5)[0][0] == short[0][0]


def test_what_is_refused(rng):
    model, source, _ = made(rng)
    options = {"rng": rng}
    with pytest.raises(ValueError, match="source must be one sequence, got 3"):
        beam_search(model, source, width=2, max_length=3)
    with pytest.raises(ValueError, match="decoder must have the encoder's states and size"):
        EncoderDecoder(LSTM(2, 4, **options), GRU(2, 4, **options), Dense(4, 3, **options), Embedding(3, 2, **options))
    with pytest.raises(ValueError, match="readout must take 4 numbers, its input_size is 5"):
        EncoderDecoder(GRU(2, 4, **options), GRU(2, 4, **options), Dense(5, 3, **options), Embedding(3, 2, **options))
    with pytest.raises(ValueError, match="hidden_size must be even, got 3"):
        SelfAttention(2, 3, **options)


def test_sequences_are_padded():
    ids, lengths = pad_sequences([[3, 1], [2], [4, 4, 4]])
    assert ids.T.tolist() == [[3, 1, 0], [2, 0, 0], [4, 4, 4]]
    assert lengths.tolist() == [2, 1, 3]


@pytest.mark.parametrize("make", [MinGRU, MinLSTM])
def test_minimal_cells_by_step_by_scan_and_their_gradients(make, rng):
    cell = make(3, 4, rng=rng, dtype=np.float64)
    assert sorted(cell.params) == ["W_x", "b"]
    x = rng.normal(size=(23, 2, 3))
    np.testing.assert_allclose(cell.parallel(x), cell(x)[0], rtol=1e-12, atol=1e-14)
    assert check_gradients(cell, x, rng=rng).worst < 1e-11
    assert check_gradients(cell, x, rng=rng, lengths=np.array([23, 7])).worst < 1e-11
    hs, _ = compiled(cell)(x)
    np.testing.assert_allclose(hs, cell(x)[0], rtol=1e-12, atol=1e-14)


def test_a_minimal_cell_has_no_recurrent_weights_to_set(rng):
    with pytest.raises(ValueError, match="cell must have the parameter W_h, MinGRU has W_x, b"):
        init.orthogonal(MinGRU(2, 3, rng=rng), rng)


def test_minimal_cells_by_hand():
    gru, lstm = (make(1, 1, rng=np.random.default_rng(0), dtype=np.float64) for make in (MinGRU, MinLSTM))
    gru.params["W_x"][...], lstm.params["W_x"][...] = [[0.0, 2.0]], [[0.0, 0.0, 2.0]]
    gru.params["b"][...], lstm.params["b"][...] = [np.log(3), 0], [np.log(3), 0, 0]  # z = 3/4; f = 3/4, i = 1/2
    x = np.array([[[1.0]], [[-1.0]]])
    np.testing.assert_allclose(gru(x)[0].ravel(), [0.5, 0.5 * 0.75 - 0.5], rtol=1e-12)
    np.testing.assert_allclose(lstm(x)[0].ravel(), [0.8, 0.8 * 0.6 - 0.8], rtol=1e-12)


def test_a_scan_of_any_length_is_the_loop(rng):
    for T in (1, 2, 3, 17, 64):
        a, b = rng.uniform(-1, 1, (T, 3)), rng.normal(size=(T, 3))
        h, expected = np.zeros(3), []
        for t in range(T):
            h = a[t] * h + b[t]
            expected.append(h)
        np.testing.assert_allclose(linear_scan(a, b), expected, rtol=1e-12, atol=1e-14)


def test_self_attention_has_exact_gradients_and_sees_only_the_past(rng):
    layer = SelfAttention(3, 4, rng=rng, dtype=np.float64)
    x, dhs = rng.normal(size=(S, B, 3)), rng.normal(size=(S, B, 4))
    hs, _ = layer(x, None, LENGTHS)
    dx, _ = layer.backward(dhs)
    grads = layer.grads
    for name, kept in dict(layer.params).items():

        def loss(value, name=name):
            layer.params[name] = value
            return (layer(x, None, LENGTHS)[0] * dhs).sum()

        exact = complex_step(loss, kept)
        layer.params[name] = kept
        np.testing.assert_allclose(grads[name], exact, rtol=1e-9, atol=1e-13, err_msg=name)
    np.testing.assert_allclose(dx, complex_step(lambda v: (layer(v, None, LENGTHS)[0] * dhs).sum(), x), atol=1e-12)
    later = x.copy()
    later[4:] += 1
    np.testing.assert_array_equal(layer(later)[0][:4], layer(x)[0][:4])
    assert all((hs[n:, b] == 0).all() for b, n in enumerate(LENGTHS))


def test_self_attention_is_pytorchs(rng):
    layer, x = SelfAttention(3, 4, rng=rng, dtype=np.float64), rng.normal(size=(S, B, 3))
    hs, _ = layer(x)
    p = {name: torch.tensor(value) for name, value in layer.params.items()}
    angles = torch.arange(S)[:, None] / torch.tensor([1.0, 100.0], dtype=torch.float64)
    u = torch.tensor(x) @ p["W_u"] + torch.cat([angles.sin(), angles.cos()], dim=1)[:, None]
    q, k, v = (u @ p["W"]).transpose(0, 1).chunk(3, dim=-1)
    m = u + torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(0, 1)
    y = m + torch.relu(m @ p["W_1"] + p["b_1"]) @ p["W_2"] + p["b_2"]
    np.testing.assert_allclose(hs, y.numpy(), rtol=1e-10)


def test_a_stack_of_self_attention_trains_compiled_as_by_numpy(rng):
    def model():
        options = {"rng": np.random.default_rng(3), "dtype": np.float64}
        return Model(Stack([SelfAttention(3, 4, **options), SelfAttention(4, 4, **options)]), Dense(4, K, **options))

    batch = Batch(rng.normal(size=(S, B, 3)), rng.integers(0, K, (S, B)), None, LENGTHS)
    losses = [
        fit(model(), softmax_cross_entropy, Adam(0.01), lambda: batch, steps=5, compiled=fast).loss
        for fast in (False, True)
    ]
    same_training(*losses)
