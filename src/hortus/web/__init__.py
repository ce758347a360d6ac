"""The look: base template, parts, icons, charts, words for numbers, forms. It holds no models and no rules."""
