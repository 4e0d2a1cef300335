"""Million two-factor Schwartz-Smith path-steps a second on one core: numpy and QuantLib, 120 monthly steps.

numpy: exact transition, all paths of a batch at once, one step after the other (standard_normal of PCG64, float64).
A rate is the best of 2,000 short batches, as ours is.
QuantLib: StochasticProcessArray of an Ornstein-Uhlenbeck and a Brownian process, evolved by its C++
GaussianMultiPathGenerator, Mersenne Twister numbers through the inverse normal distribution function.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import sys
import time

import numpy as np

N_STEPS, BATCHES = 120, 2000
KAPPA, SIGMA_CHI, MU_XI, SIGMA_XI, RHO, DT = 1.49, 0.286, -0.0125, 0.145, 0.30, 1.0 / 12.0

def best(run, n_paths):
    run()
    rates = []
    for _ in range(BATCHES):
        begun = time.perf_counter()
        run()
        rates.append(n_paths * N_STEPS / (time.perf_counter() - begun) / 1e6)
    return max(rates)

def with_numpy(n_paths):
    decay = np.exp(-KAPPA * DT)
    sd_chi = SIGMA_CHI * np.sqrt((1 - decay**2) / (2 * KAPPA))
    sd_xi = SIGMA_XI * np.sqrt(DT)
    rho = RHO * SIGMA_CHI * SIGMA_XI * (1 - decay) / KAPPA / (sd_chi * sd_xi)
    rng = np.random.default_rng(1)
    chi, xi = np.empty((N_STEPS, n_paths)), np.empty((N_STEPS, n_paths))
    first, second = np.empty(n_paths), np.empty(n_paths)

    def run():
        c, x = np.zeros(n_paths), np.full(n_paths, 3.0)
        for step in range(N_STEPS):
            rng.standard_normal(out=first)
            rng.standard_normal(out=second)
            c = decay * c + sd_chi * first
            x = x + (MU_XI * DT) + sd_xi * (rho * first + np.sqrt(1 - rho**2) * second)
            chi[step], xi[step] = c, x

    return run

def with_quantlib(n_paths):
    import QuantLib as ql

    chi = ql.OrnsteinUhlenbeckProcess(KAPPA, SIGMA_CHI, 0.0, 0.0)
    xi = ql.OrnsteinUhlenbeckProcess(1e-12, SIGMA_XI, 3.0, 3.0)
    process = ql.StochasticProcessArray([chi, xi], [[1.0, RHO], [RHO, 1.0]])
    times = [DT * i for i in range(N_STEPS + 1)]

    uniform = ql.UniformRandomSequenceGenerator(2 * N_STEPS, ql.UniformRandomGenerator(1))
    normal = ql.GaussianRandomSequenceGenerator(uniform)
    paths = ql.GaussianMultiPathGenerator(process, times, normal, False)

    def run():
        for _ in range(n_paths):
            paths.next()

    return run

print("peer,cores,million_path_steps_per_second")
for n_paths in (64, 256, 1024):
    print(f"numpy {np.__version__} ({n_paths} paths at once),1,{best(with_numpy(n_paths), n_paths):.1f}")
try:
    import QuantLib

    print(f"QuantLib {QuantLib.__version__},1,{best(with_quantlib(50), 50):.2f}")
except ImportError:
    print("QuantLib is not installed", file=sys.stderr)
