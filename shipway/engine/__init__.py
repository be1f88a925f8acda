"""The container engine: which one, how to reach it, and what its errors mean. The docker SDK is imported from here on.

`endpoint` and `faults` decide; `connection` and `credentials` act. Knows nothing of services or releases.
"""
