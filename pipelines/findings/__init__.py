"""Judgements per home: nearest places, kinds within reach, the minimum. Knows no areas."""
