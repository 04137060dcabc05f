"""What importing costs: `import factorhub` and `factorhub --help` against `import numpy, h5py, click`.

    python benchmarks/startup.py

Prints the best of several fresh processes, and ratios. The bound is 1.2.
"""

import subprocess
import sys
import time

CASES = {
    "import numpy, h5py, click": ["-c", "import numpy, h5py, click"],
    "import factorhub": ["-c", "import factorhub"],
    "factorhub --help": ["-m", "factorhub", "--help"],
}


def main() -> None:
    best = dict.fromkeys(CASES, float("inf"))
    for _ in range(10):
        for name, words in CASES.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *words], stdout=subprocess.DEVNULL, check=True)
            best[name] = min(best[name], time.perf_counter() - began)
    base = best["import numpy, h5py, click"]
    for name, seconds in best.items():
        print(f"{name:28} {seconds * 1000:6.0f} ms   ratio {seconds / base:.2f}")


if __name__ == "__main__":
    main()
