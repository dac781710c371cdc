package dev.gradine.nn;

import static dev.gradine.autograd.op.Rope.rope;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Rotary position embedding of a model: turns the first R of the D channels of each head, in pairs.
///
/// Some models have a second set of angles for long texts (longrope): a sequence that reaches beyond a position is
/// turned by that one as a whole. What continues a common beginning counts as one with it.
public final class Rotary {

    private final AngleTable table;
    private final @Nullable AngleTable beyond;
    private final int limit; // tokens up to which a sequence has the first set of angles
    private final int headDim;
    private final boolean isInterleaved;

    /// @param beyond angles of sequences of more than `limit` tokens, or null for the same
    Rotary(AngleTable table, @Nullable AngleTable beyond, int limit, int headDim, boolean isInterleaved) {
        this.table = table;
        this.beyond = beyond;
        this.limit = limit;
        this.headDim = headDim;
        this.isInterleaved = isInterleaved;
    }

    /// What a pass turns by: which row of the angles each of its rows has.
    ///
    /// @param rows `i32[N]`
    record Turn(Tensor rows, RopeAngles angles) {}

    /// The angles of a pass.
    Turn turn(Pass pass) {
        TokenBatch batch = pass.rows();
        int[] at = batch.positions();
        int first = Arrays.stream(at).min().orElse(0);
        int count = Arrays.stream(at).max().orElse(-1) + 1 - first;
        Kernels k = pass.tape().kernels();
        int[] reach = beyond == null ? new int[0] : batch.reach();
        boolean isLong = Arrays.stream(reach).anyMatch(n -> n > limit);
        if (first == 0 && !isLong) return new Turn(pass.positions(), angles(k, first, count, false));
        for (int i = 0; i < at.length; i++) at[i] += isLong && reach[i] > limit ? count - first : -first;
        return new Turn(k.ofInts(at), angles(k, first, count, isLong));
    }

    /// Angles of positions from `first` on; those of long texts behind them where they are wanted.
    RopeAngles angles(Kernels k, int first, int count, boolean isLong) {
        int places = isLong ? 2 * count : count;
        float[] cos = new float[Math.multiplyExact(places, table.pairs())];
        float[] sin = new float[cos.length];
        table.put(first, first + count, cos, sin, 0);
        if (isLong && beyond != null) beyond.put(first, first + count, cos, sin, count);
        Shape shape = Shape.of(places, table.pairs());
        return new RopeAngles(k.of(shape, cos), k.of(shape, sin), headDim, isInterleaved);
    }

    /// Turns each pair of channels by the angle of the row's position, `f32[N,H·D] → f32[N,H·D]`.
    public Var rotate(Var x, Pass pass) {
        Turn t = pass.turn(this);
        return rope(x, t.rows, t.angles);
    }
}
