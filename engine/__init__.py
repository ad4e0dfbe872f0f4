"""Everything that touches tensors: knows no Discord, no SQL, no HTTP."""

import os

# Threads of torch that wait for each other must sleep, not spin: where two processes share the cores, a
# picture took 66 s spinning and 0.5 s sleeping. To be set before torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
