"""The bundled demonstration corpus: data only; see README.md."""
