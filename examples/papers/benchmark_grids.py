"""The grids of the field's studies: SmallNORB-, Cars3D- and MPI3D-like sets, whole and labelled.

Published studies train on every combination of factors; each is there once, in the published order of factors.
"""

import numpy as np

import factorhub
from factorhub.regimes.presets import PRESETS

arm = factorhub.generator("robot_arm")
assert arm.space.sizes == (6, 6, 2, 3, 3, 40, 40)
assert len(arm.space) == 1_036_800  # MPI3D
print("presets that robot_arm takes:", sum(item.name.startswith("mpi3d") for item in PRESETS))

norb = factorhub.generator("turntable")  # category, instance, elevation, azimuth and light as in SmallNORB, and hues
assert norb.space.sizes[:5] == (5, 10, 9, 18, 6)
grid = "elevation in (20.0, 30.0, 40.0, 50.0) & category == car & light == front & object_hue == 0.0 & background_hue == 0.0"
cars = factorhub.recipe("turntable", regime=f"where('{grid} & light_hue == 0.0', grid)", options={"instances": 183}).source()
assert len(cars) == 183 * 4 * 18  # instances, elevations, azimuths: as Cars3D, which has 24 azimuths
rows = cars.read(np.arange(0, len(cars), 500))
assert len(np.unique(rows["image"].reshape(len(rows["image"]), -1), axis=0)) == len(rows["image"])
