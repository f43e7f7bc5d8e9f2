"""What a teacher gets and calls: plans, answers, slides, sheets, hand-outs, hand-ins, a bank of questions."""
