package dev.gradine.align;

import static dev.gradine.autograd.op.Concat.concatRows;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceRows.sliceRows;
import static dev.gradine.autograd.op.TeacherDivergence.teacherDivergence;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import java.util.ArrayList;
import java.util.List;

/// The rows of a policy and of its teacher that predict the same labelled tokens, m of them.
///
/// @param student rows of the policy
/// @param teacher rows of its teacher; they have no gradient
record TeacherRows(Predicting student, Predicting teacher) {

    /// How far the two distributions are from each other at each token, over the whole vocabulary, `f32[m]`, nats: see
    /// [dev.gradine.autograd.op.TeacherDivergence].
    ///
    /// Some rows at a time, whose logits are made again for the gradient: they never exist all at once.
    ///
    /// @param beta 0 for KL(teacher ‖ student), 1 for KL(student ‖ teacher)
    /// @param temperature what logits are divided by
    Var divergence(float beta, float temperature) {
        Tape tape = student.rows().tape();
        int rows = student.rows().shape().rows();
        int vocabulary = student.head().linear().weight().shape().dim(0);
        int step = Math.max(1, tape.kernels().chunkValues() / vocabulary);
        List<Var> parts = new ArrayList<>();
        for (int at = 0; at < rows; at += step) {
            int end = Math.min(rows, at + step);
            Var taught = sliceRows(teacher.rows(), at, end);
            Var some = sliceRows(student.rows(), at, end);
            parts.add(
                    tape.isRecording()
                            ? tape.checkpoint(h -> compared(h, taught, beta, temperature), some)
                            : tape.frame(h -> compared(h, taught, beta, temperature), some));
        }
        Var all = parts.getFirst();
        for (Var p : parts.subList(1, parts.size())) all = concatRows(all, p);
        return reshape(all, rows);
    }

    /// `f32[n,1]` of n rows of the student.
    private Var compared(Var h, Var taught, float beta, float temperature) {
        Var z = teacher.logits(taught, temperature);
        return reshape(
                teacherDivergence(student.logits(h, temperature), z.value(), beta),
                h.shape().rows(),
                1);
    }
}
