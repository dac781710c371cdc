package dev.gradine.autograd;

import dev.gradine.autograd.op.CustomOp;
import dev.gradine.autograd.op.Op;
import dev.gradine.autograd.op.Op.Forward;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How long the values of a forward pass are held.
///
/// A value that backward reads counts its readers: the recorded ops whose `Saved` lists it. Once the forward pass has
/// said that it is done with it (`Var.release`, `Var.recompute`), it is held for no one else: it goes with its last
/// reader, and with `recompute` it goes at once and comes back for the first one.
final class Lifetimes {

    /// How a result came to be, and so how it comes to be again.
    record Origin(Op op, List<Var> inputs, Supplier<? extends Forward<?>> forward) {}

    private static final class Use {
        int readers; // backward passes still to come, and values that will be made again from this one
        boolean released;

        @Nullable
        Origin again; // of a value that is made again
    }

    private final Kernels kernels;
    private final Map<Tensor, Use> uses = new HashMap<>();
    private final List<Tensor> made = new ArrayList<>();

    Lifetimes(Kernels kernels) {
        this.kernels = kernels;
    }

    /// What backward of `op` reads again. A researcher's own op that keeps no record may read all it was given.
    static List<Tensor> saved(Op op, Forward<?> f, List<Var> inputs) {
        if (f.saved() instanceof Record r) return SavedTensors.of(r);
        List<Tensor> all = new ArrayList<>();
        if (op instanceof CustomOp) {
            for (Var in : inputs) SavedTensors.addOnce(all, in.value().whole());
            SavedTensors.addOnce(all, f.y().whole());
        }
        return all;
    }

    /// Takes note of a result and of the memory that its op keeps beside it, which is given back at once if there will
    /// be no backward pass to read it.
    void add(Origin origin, Forward<?> f, boolean tracked) {
        List<Tensor> beside = beside(origin, f);
        if (isOwn(f.y(), origin.inputs())) made.add(f.y());
        if (tracked) made.addAll(beside);
        else beside.forEach(kernels::release);
    }

    /// Whether a result has memory that is no input's.
    static boolean isOwn(Tensor y, List<Var> inputs) {
        return y.whole() == y && inputs.stream().noneMatch(in -> in.value().whole() == y);
    }

    private static List<Tensor> beside(Origin origin, Forward<?> f) {
        if (origin.op() instanceof CustomOp) return List.of(); // it may keep what is not its own
        List<Tensor> all = saved(origin.op(), f, origin.inputs());
        all.removeIf(t -> t == f.y().whole()
                || origin.inputs().stream().anyMatch(in -> in.value().whole() == t));
        return all;
    }

    /// Counts a reader of each tensor.
    void retain(List<Tensor> tensors) {
        for (Tensor t : tensors) uses.computeIfAbsent(t, _ -> new Use()).readers++;
    }

    /// See `Var.release`.
    void release(Var v) {
        Use u = uses.get(v.value());
        if (u != null) u.released = true;
        else if (v.value().hasData()) kernels.release(v.value());
    }

    /// See `Var.recompute`.
    void recompute(Var v, Origin origin) {
        Use u = uses.get(v.value());
        if (u == null || u.released) {
            release(v);
            return;
        }
        for (Var in : origin.inputs()) requireReadable(v, in.value().whole());
        retain(wholes(origin.inputs()));
        u.released = true;
        u.again = origin;
        kernels.release(v.value());
    }

    private void requireReadable(Var v, Tensor in) {
        Use u = uses.get(in);
        if (in.hasData() || (u != null && u.again != null)) return;
        throw new IllegalStateException(
                "recompute: %s is made from %s, which was released, expected one still held".formatted(v.value(), in));
    }

    private static List<Tensor> wholes(List<Var> vars) {
        return vars.stream().map(v -> v.value().whole()).toList();
    }

    /// Makes again what must be, before a backward pass reads `saved`.
    void require(List<Tensor> saved) {
        for (Tensor t : saved) require(t);
    }

    private void require(Tensor t) {
        if (t.hasData()) return;
        Use u = uses.get(t);
        if (u == null || u.again == null) {
            throw new IllegalStateException("backward: " + t + " was released, but an op has saved it");
        }
        require(wholes(u.again.inputs()));
        Forward<?> f = u.again.forward().get();
        f.y().moveTo(t);
        beside(u.again, f).forEach(kernels::release);
    }

    /// Says that one reader of each is done.
    void done(List<Tensor> tensors) {
        for (Tensor t : tensors) {
            Use u = uses.get(t);
            if (u == null || --u.readers > 0) continue;
            uses.remove(t);
            if (u.released && t.hasData()) kernels.release(t);
            if (u.again != null) done(wholes(u.again.inputs()));
        }
    }

    /// Bytes held by results and by what ops keep beside them.
    long bytesHeld() {
        return made.stream().filter(Tensor::hasData).mapToLong(Tensor::bytes).sum();
    }

    /// Gives back all that ops have made.
    void releaseAll() {
        for (Tensor t : made) if (t.hasData()) kernels.release(t);
        made.clear();
    }

    /// Gives back all that ops have made, but `kept`.
    void releaseAllBut(Tensor kept) {
        made.remove(kept.whole());
        releaseAll();
    }
}
