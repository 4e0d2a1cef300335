#!/usr/bin/env python3
"""CPU milliseconds a series of statsforecast's models, one core.

statsforecast_cpu.py TRAIN.csv [MODEL…]     TRAIN: unique_id,ds,y (monthly)
Prints `peer,model,series,cpu_ms_per_series`. The first series is fitted once before the clock starts, since numba compiles then.
Needs: pip install statsforecast==2.1.0
"""
import os

for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"
import csv
import sys
import time
from collections import defaultdict

import numpy as np
from statsforecast.models import AutoARIMA, AutoCES, AutoETS, DynamicOptimizedTheta

HORIZON = 18
MODELS = {
    "ets": lambda: AutoETS(season_length=12),
    "arima": lambda: AutoARIMA(season_length=12),
    "dot": lambda: DynamicOptimizedTheta(season_length=12),
    "ces": lambda: AutoCES(season_length=12),
}


def series(path):
    found = defaultdict(dict)
    for row in csv.DictReader(open(path)):
        found[row["unique_id"]][row["ds"]] = float(row["y"])
    return [np.array([s[k] for k in sorted(s)]) for _, s in sorted(found.items())]


data = series(sys.argv[1])
print("peer,model,series,cpu_ms_per_series")
for name in sys.argv[2:] or MODELS:
    MODELS[name]().forecast(y=data[0], h=HORIZON, level=[80, 95])
    start = time.process_time()
    for y in data:
        MODELS[name]().forecast(y=y, h=HORIZON, level=[80, 95])
    spent = time.process_time() - start
    print(f"statsforecast,{name},{len(data)},{1000 * spent / len(data):.3f}", flush=True)
