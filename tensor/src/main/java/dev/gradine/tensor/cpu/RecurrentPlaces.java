package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.get;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.RecurrentStep.Token;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Inputs;
import dev.gradine.tensor.kernel.Sequences;

/// Where the inputs of the recurrence lie, or their gradients: addresses.
record RecurrentPlaces(long q, long k, long v, long decay, long rate, Heads heads) {

    private static final String OP = "gated_recurrence";

    static RecurrentPlaces read(Inputs in, Heads h, Sequences s) {
        return of(in, h, s, Operand::read);
    }

    static RecurrentPlaces write(Inputs in, Heads h, Sequences s) {
        return of(in, h, s, Operand::write);
    }

    private interface Address {
        long of(String op, String name, Tensor t, int n);
    }

    private static RecurrentPlaces of(Inputs in, Heads h, Sequences s, Address a) {
        int n = s.queries();
        return new RecurrentPlaces(
                a.of(OP, "q", in.q(), n * h.keyWidth()),
                a.of(OP, "k", in.k(), n * h.keyWidth()),
                a.of(OP, "v", in.v(), n * h.valueWidth()),
                a.of(OP, "decay", in.decay(), n * h.valueHeads()),
                a.of(OP, "rate", in.rate(), n * h.valueHeads()),
                h);
    }

    RecurrentStep step() {
        return new RecurrentStep(heads.keyDim(), heads.valueDim(), heads.rule());
    }

    /// Operands of row `t` in one value head.
    Token token(int t, int head) {
        float g = (float) Math.exp(get(decay, scalar(t, head)));
        return new Token(q + keyAt(t, head), k + keyAt(t, head), v + valueAt(t, head), g, get(rate, scalar(t, head)));
    }

    /// Bytes from the beginning of q or k to the key that a value head reads in row `t`.
    long keyAt(int t, int head) {
        return 4L * ((long) t * heads.keyWidth() + (long) (head / heads.group()) * heads.keyDim());
    }

    /// Bytes from the beginning of v or y to the value of a head in row `t`.
    long valueAt(int t, int head) {
        return 4L * ((long) t * heads.valueWidth() + (long) head * heads.valueDim());
    }

    /// Number of a head's own value in row `t`.
    long scalar(int t, int head) {
        return (long) t * heads.valueHeads() + head;
    }
}
