package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The recurrence, token after token: one thread has a head of a sequence and of those that continue
/// it.
///
/// Nothing of the states is saved for backward. It runs forward once more and notes every √T-th of
/// them; from each it makes those in between again, so that 2√T states of one head are there at once.
final class GatedRecurrenceCpu implements GatedRecurrenceKernel {

    static final GatedRecurrenceKernel KERNEL = new GatedRecurrenceCpu();

    private static final String OP = "gated_recurrence";

    private GatedRecurrenceCpu() {}

    @Override
    public void forward(Inputs in, Heads heads, Sequences sequences, @Nullable Kept kept, Tensor y) {
        GatedRecurrenceKernel.requireBeginnings(sequences, kept);
        RecurrentPlaces at = RecurrentPlaces.read(in, heads, sequences);
        long out = Operand.write(OP, "y", y, sequences.queries() * heads.valueWidth());
        long states = kept == null
                ? 0
                : Operand.write(OP, "states", kept.states(), kept.states().size());
        List<List<Integer>> families = families(sequences);
        Parallel.forEach(families.size() * heads.valueHeads(), i -> {
            int head = i % heads.valueHeads();
            List<Integer> family = families.get(i / heads.valueHeads());
            RecurrentStep step = at.step();
            int size = step.size();
            long scratch = Scratch.own().ownPanels(2L * size + heads.valueDim());
            long parent = 0;
            for (int s : family) {
                long own = kept == null
                        ? scratch + (parent == 0 ? 0 : 4L * size)
                        : states + 4L * (kept.rows().get(s) * (long) heads.stateSize() + head * (long) size);
                if (sequences.keys(s) == sequences.queries(s)) begin(own, parent, size);
                for (int t = sequences.queryStart(s); t < sequences.queryStart(s + 1); t++) {
                    step.run(at.token(t, head), own, scratch + 8L * size, out + at.valueAt(t, head));
                }
                if (parent == 0) parent = own;
            }
        });
    }

    /// A first state: that of the parent, or zeros.
    static void begin(long state, long parent, int size) {
        if (parent == 0) Vectors.fill(state, size, 0);
        else MemorySegment.copy(MEMORY, parent, MEMORY, state, 4L * size);
    }

    @Override
    public void backward(Tensor dy, Inputs in, Heads heads, Sequences sequences, Inputs gradients) {
        GatedRecurrenceKernel.requireBeginnings(sequences, null);
        RecurrentPlaces at = RecurrentPlaces.read(in, heads, sequences);
        RecurrentPlaces d = RecurrentPlaces.write(gradients, heads, sequences);
        long up = Operand.read(OP, "dy", dy, sequences.queries() * heads.valueWidth());
        Vectors.fill(d.q(), sequences.queries() * heads.keyWidth(), 0);
        Vectors.fill(d.k(), sequences.queries() * heads.keyWidth(), 0);
        List<List<Integer>> families = families(sequences);
        Parallel.forEach(families.size() * heads.keyHeads(), i -> {
            int first = i % heads.keyHeads() * heads.group();
            for (int head = first; head < first + heads.group(); head++) {
                new RecurrenceBackward(at, d, up, head).run(families.get(i / heads.keyHeads()), sequences);
            }
        });
    }

    /// Each sequence that continues none, then those that continue it.
    private static List<List<Integer>> families(Sequences sequences) {
        List<List<Integer>> of = new ArrayList<>();
        List<List<Integer>> families = new ArrayList<>();
        for (int s = 0; s < sequences.count(); s++) {
            List<Integer> family = sequences.parent(s) < 0 ? new ArrayList<>() : of.get(sequences.parent(s));
            if (sequences.parent(s) < 0) families.add(family);
            family.add(s);
            of.add(family);
        }
        return families;
    }
}
