"""What lies off the v1 paths: Open Inference v2, SageMaker's two paths, and ONNX models without an entry script.

Modules that need NumPy or onnxruntime import them at their top and are themselves imported only when such a model or
script is served; ``routes``, ``dialect``, ``datatypes`` and ``answers`` need the standard library alone.
"""
