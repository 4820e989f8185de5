"""To C, for a processor that has no library."""

import textwrap

import numpy as np

from rnnbook import check
from rnnbook.cells import LSTM
from rnnbook.interop.quantization import quantize
from rnnbook.layers import Dense, Model

SOURCE = """\
/* {name}: an LSTM of {H} units that reads {D} number{s} a step and gives {K}.
   Written by rnnbook.interop.to_c. Weights are integers of 8 bits,
   w = whole * scale of the column; gates in the order i f o g.
   {bytes} bytes of constants, {ram} of memory, no heap. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define D {D}
#define H {H}
#define K {K}

{constants}

typedef struct {{ float h[H], c[H]; }} {name}_state;

static float sigmoid(float a) {{ return 1.0f / (1.0f + expf(-a)); }}

/* y[j] += scale[j] * sum over i of x[i] * whole[i][j] */
static void add_product(const float *x, int rows, const int8_t *whole,
                        const float *scale, int columns, float *y) {{
    for (int j = 0; j < columns; j++) {{
        float sum = 0.0f;
        for (int i = 0; i < rows; i++)
            sum += x[i] * whole[i * columns + j];
        y[j] += scale[j] * sum;
    }}
}}

void {name}_reset({name}_state *s) {{ memset(s, 0, sizeof *s); }}

/* One step: reads x[D], changes the state. */
void {name}_step({name}_state *s, const float *x) {{
    float a[4 * H];
    memcpy(a, b, sizeof a);
    add_product(x, D, W_x, W_x_scale, 4 * H, a);
    add_product(s->h, H, W_h, W_h_scale, 4 * H, a);
    for (int j = 0; j < H; j++) {{
        float i = sigmoid(a[j]), f = sigmoid(a[H + j]);
        float o = sigmoid(a[2 * H + j]), g = tanhf(a[3 * H + j]);
        s->c[j] = f * s->c[j] + i * g;
        s->h[j] = o * tanhf(s->c[j]);
    }}
}}

/* The readout of the present state: writes y[K]. */
void {name}_read(const {name}_state *s, float *y) {{
    memcpy(y, readout_b, K * sizeof *y);
    add_product(s->h, H, readout_W, readout_W_scale, K, y);
}}
"""


def to_c(model: Model, name: str = "lstm") -> str:
    """A C file (C99) that runs the model step by step: ``name_reset``, ``name_step`` and ``name_read``.

    Parameters
    ----------
    model : Model
        An `LSTM` with a `Dense` readout, without embedding. With ``pool="last"`` call ``name_read`` after the last
        step, without pooling after each.
    name : str, default "lstm"
        The prefix of its functions.

    Returns
    -------
    str
        Matrices are rounded to 8 bits by `rnnbook.interop.quantization.quantize`, biases stay float.

    Raises
    ------
    TypeError
        When the model is of another make.
    ValueError
        When it pools over time, a parameter is not finite, or `name` is no name in C.

    Examples
    --------
    >>> from rnnbook import networks
    >>> source = to_c(networks.forecaster(), "forecaster")
    >>> len(source.splitlines()) < 150
    True
    """
    if not (isinstance(model, Model) and type(model.recurrent) is LSTM and type(model.readout) is Dense):
        raise TypeError(f"model must be a Model of an LSTM and a Dense readout, got {type(model).__name__}")
    if model.embedding is not None:
        raise TypeError("model must read numbers, it has an embedding")
    if model.pool not in (None, "last"):
        raise ValueError(f"model must be read at each step or at the last, it has pool={model.pool!r}")
    if not (isinstance(name, str) and name.isidentifier() and name.isascii()):
        raise ValueError(f"name must be a name in C, got {name!r}")
    params, constants, count = model.params, [], 0
    for key in ("recurrent.W_x", "recurrent.W_h", "recurrent.b", "readout.W", "readout.b"):
        p = check.finite(f"params[{key!r}]", params[key])
        place = key.removeprefix("recurrent.").replace(".", "_")
        if p.ndim == 2:
            whole, scale = quantize(p)
            constants += [_array("int8_t", place, whole.ravel()), _array("float", f"{place}_scale", scale)]
            count += whole.size + 4 * scale.size
        else:
            constants.append(_array("float", place, p))
            count += 4 * p.size
    D, H, K = model.recurrent.input_size, model.recurrent.hidden_size, model.readout.output_size
    return SOURCE.format(
        name=name, D=D, H=H, K=K, s="s" * (D > 1), bytes=count, ram=4 * 6 * H, constants="\n".join(constants)
    )


def _array(kind, name, values):
    """One constant."""
    texts = [str(v) if kind == "int8_t" else np.format_float_scientific(v, 8, unique=True) + "f" for v in values]
    body = textwrap.fill(", ".join(texts), 116, initial_indent="    ", subsequent_indent="    ")
    return f"static const {kind} {name}[] = {{\n{body} }};"
