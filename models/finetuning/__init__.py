"""Fine-tuning: the network itself learns from labels, where that pays."""
