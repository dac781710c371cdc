package dev.gradine.align;

import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Head;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.testkit.Cases;

/// Rows of one channel for a student and its teacher, and a head of five tokens for both: the numbers that stand for
/// log-probabilities elsewhere are the student's rows.
final class TaughtRows {

    private static final float[] HEAD = {0.5f, -1, 2, 0.25f, -0.75f};

    private TaughtRows() {}

    static <E> Scored<E> beside(Scored<E> batch, Var rows) {
        Kernels k = rows.tape().kernels();
        int m = rows.value().size();
        Linear layer = new Weights((_, shape) -> k.of(shape, HEAD), k).linear("lm_head", HEAD.length, 1, false);
        Tape off = Tape.noGrad(k);
        Var teacher = off.constant(k.of(Shape.of(m, 1), teacher(m)));
        return batch.taught(
                new Predicting(Head.of(layer), Pass.of(rows.tape()), reshape(rows, m, 1)),
                new Predicting(Head.of(layer), Pass.of(off), teacher));
    }

    /// Rows of the teacher, on either side of the student's.
    static float[] teacher(int m) {
        float[] rows = Cases.plain(77, m, 2);
        for (int i = 0; i < m; i++) rows[i] -= 1;
        return rows;
    }

    /// Probabilities of the five tokens from a row.
    static double[] probabilities(double row, double temperature) {
        double[] p = new double[HEAD.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(row * HEAD[i] / temperature);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) p[i] /= sum;
        return p;
    }
}
