package dev.gradine.autograd;

import dev.gradine.autograd.op.Op;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes a step down: every op in order, what its result takes, how long it is held, and the norm of its gradient.
///
/// ```
/// ‖dy‖ = √ Σ dy²       over the values of the gradient of the op's result y, when backward reaches the op
/// ```
///
/// It reads results and gradients and changes no bit of either. After each op it looks which results have lost their
/// memory, so that a step of n ops takes time in proportion to n times those held at once.
public final class TapeTrace implements Probe {

    private final Kernels kernels;
    private final List<Row> rows = new ArrayList<>();
    private final List<Row> watched = new ArrayList<>(); // those whose memory may still come or go
    private final IdentityHashMap<List<Var>, Row> byInputs = new IdentityHashMap<>();
    private String place = "before any weight is read";
    private boolean backward;
    private int events;

    private static final class Row {
        final String name;
        final String place;
        final Tensor y;
        final long bytes;
        final int made;
        final boolean backward;
        int gone = -1;
        int again = -1;
        int goneAgain = -1;
        double gradient = Double.NaN;

        Row(String name, String place, Tensor y, long bytes, int made, boolean backward) {
            this.name = name;
            this.place = place;
            this.y = y;
            this.bytes = bytes;
            this.made = made;
            this.backward = backward;
        }

        /// Takes note of what became of its memory by event `now`.
        void look(int now) {
            boolean held = y.hasData();
            if (gone < 0 && !held) gone = now;
            else if (gone >= 0 && again < 0 && held) again = now;
            else if (again >= 0 && goneAgain < 0 && !held) goneAgain = now;
        }
    }

    /// @param kernels of the tape that is probed
    public TapeTrace(Kernels kernels) {
        this.kernels = kernels;
    }

    @Override
    public void forward(Op op, List<Var> inputs, Tensor y) {
        look();
        inputs.stream()
                .filter(Var::hasParam)
                .findFirst()
                .ifPresent(in -> place = "at " + in.param().name());
        boolean isOwn = Lifetimes.isOwn(y, inputs);
        Row row = new Row(op.title(), place, y, isOwn ? y.bytes() : 0, events++, backward);
        rows.add(row);
        if (isOwn) watched.add(row);
        byInputs.put(inputs, row);
        if (place.startsWith("at ")) place = "after " + place.substring(3);
    }

    @Override
    public void turns() {
        backward = true;
    }

    @Override
    public void backward(Op op, List<Var> inputs, Tensor dy, @Nullable Tensor[] grads) {
        look();
        Row row = byInputs.get(inputs);
        if (row != null) row.gradient = Math.sqrt(SumOfSquares.of(dy, kernels));
        events++;
    }

    private void look() {
        for (Row row : watched) row.look(events);
    }

    /// Ops and backward passes of ops that have run.
    public int events() {
        return events;
    }

    /// The ops in the order they ran; to be asked when the step's tape is over and its memory still open.
    public List<TracedOp> ops() {
        look();
        return rows.stream()
                .map(r -> new TracedOp(
                        r.name,
                        r.place,
                        new TracedOp.Result(r.y.shape(), r.y.dtype(), r.bytes),
                        new TracedOp.Life(
                                r.made,
                                r.gone < 0 ? events + 1 : r.gone,
                                r.again,
                                r.again < 0 ? -1 : r.goneAgain < 0 ? events + 1 : r.goneAgain,
                                r.backward),
                        r.gradient))
                .toList();
    }
}
