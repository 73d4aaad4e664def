"""``standfirst train``, ``evaluate``, ``compare``, ``distil``, ``encoders`` and ``tag``."""
