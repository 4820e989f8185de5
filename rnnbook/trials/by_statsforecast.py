"""Forecasts of many series by statsforecast, which is no part of this book's environment.

    python by_statsforecast.py METHOD IN.json OUT.npy

IN.json holds monthly series. OUT.npy will hold the deciles, from 10 to 90 per cent, of the 18 months after each, of
shape (series, months, deciles). rnnbook.trials.many_series runs it with an interpreter of its own.
"""

import json
import sys
from pathlib import Path

import numpy as np

HORIZON, SEASON = 18, 12
AROUND = (20, 40, 60, 80)  # per cent in the intervals about the median whose ends are deciles


def main(method, given, out):
    """Forecast each series by itself."""
    from statsforecast import models  # type: ignore[import-not-found, unused-ignore]

    makers = {
        "seasonal naive": models.SeasonalNaive,
        "Theta": models.Theta,
        "ETS": models.AutoETS,
        "ARIMA": models.AutoARIMA,
    }
    found = []
    for past in json.loads(Path(given).read_text("utf-8")):
        model = makers[method](season_length=SEASON)
        ahead = model.forecast(np.array(past), HORIZON, level=list(AROUND))
        low, high = ([ahead[f"{end}-{share}"] for share in AROUND] for end in ("lo", "hi"))
        found.append(np.stack([*low[::-1], ahead["mean"], *high], axis=-1))
    np.save(out, np.array(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
