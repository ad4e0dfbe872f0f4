"""Everything that touches tensors: knows no Discord, no SQL, no HTTP."""
