"""What is done with the bank: one function per act. Services flush; the edge commits."""
