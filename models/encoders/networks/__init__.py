"""Pretrained encoders: BERT and its relatives as ONNX graphs, and folders of word vectors."""
