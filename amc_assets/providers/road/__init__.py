"""What the one road out is made of: limits, breakers, caps, classification of answers, scrubbing, audit rows."""
