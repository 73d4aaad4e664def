"""Transformer encoders: BERT and its relatives as ONNX graphs."""
