"""How alerts are read and what becomes of them: plain values, no Django, no tables."""
