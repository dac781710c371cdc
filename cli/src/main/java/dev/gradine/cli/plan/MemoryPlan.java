package dev.gradine.cli.plan;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.Weight;
import dev.gradine.peft.TrainedCount;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Memory of a training run, item by item.
///
/// ```
/// weights      bytes as stored; quantised: ½ byte a value, and 4 bytes a block, or 1 and 4 for 256 blocks (double);
///              1 byte a value and 4 bytes a row (int8)
/// adapter      4 bytes for each value trained; the same for its gradient; what the optimiser keeps
/// activations  bytes of a value · tokens · values held for a token
/// logits       4 bytes · rows of a chunk · vocabulary; a head that is adapted or shaped has all rows, twice
/// ```
public final class MemoryPlan {

    private static final long CHUNK = 16L << 20; // values of logits at once, as the kernels have it
    private static final int F32 = 4;
    private static final int BF16 = 2;
    private static final long JAVA =
            350L << 20; // beyond the other items, from peaks of SmolLM2-135M of 1327 to 1335 MB
    private static final long CONTEXT = 1_000_000_000L; // of a GPU: context, streams, fragmentation

    private final PlanRequest request;
    private final TrainedCount count;
    private final Activations activations;
    private final int width; // bytes of an activation
    private final List<MemoryItem> items = new ArrayList<>();

    private MemoryPlan(PlanRequest request) {
        this.request = request;
        count = request.count();
        activations = new Activations(request, count);
        width = request.hardware().isCpu() ? F32 : BF16;
        addWeights();
        addTrained();
        addActivations();
        addLogits();
        addWorkspace();
    }

    /// The items of a run.
    ///
    /// @throws dev.gradine.peft.AdapterException if nothing would be trained
    public static List<MemoryItem> of(PlanRequest request) {
        return List.copyOf(new MemoryPlan(request).items);
    }

    /// Bytes of them all.
    public static long total(List<MemoryItem> items) {
        return items.stream().mapToLong(MemoryItem::bytes).sum();
    }

    @SuppressWarnings("AnnotateFormatMethod") // all its formats stand in this file
    private void add(String name, long bytes, String formula, Object... numbers) {
        items.add(new MemoryItem(name, bytes, formula.formatted(numbers)));
    }

    private void addWeights() {
        PlanModel m = request.model();
        long plain = 0;
        long coded = 0;
        long codedValues = 0;
        Set<Weight> taken = quantised(request);
        for (Weight w : m.weights()) {
            if (!taken.contains(w)) {
                plain += m.bytes(w);
                continue;
            }
            codedValues += w.shape().size();
            coded += codedBytes(w.shape(), request.tuning().quantised().getFirst());
        }
        String quantised = codedValues == 0
                ? ""
                : "; %,d values in %s: %.3f bits each"
                        .formatted(codedValues, request.tuning().quantised().getFirst(), 8.0 * coded / codedValues);
        add("weights", plain + coded, "%,d values, %,d bytes as stored%s", m.parameters(), plain, quantised);
        boolean mapped = codedValues > 0 && request.hardware().isCpu();
        if (mapped) add("file read", m.bytes() - plain, "pages of the mapped file that quantising reads");
    }

    /// Weights of linear layers that are quantised.
    static Set<Weight> quantised(PlanRequest request) {
        Set<Weight> taken = new HashSet<>();
        for (Quantization q : request.tuning().quantised()) {
            for (Linear l : request.model().model().linears()) if (q.takes(l.path())) taken.add(l.weight());
        }
        taken.retainAll(new HashSet<>(request.model().weights())); // a tied head is the embedding's
        return taken;
    }

    /// Bytes of codes and scales of one weight.
    ///
    /// ```
    /// n/2 + 4 n/block      double: n/2 + n/block + 4 n/(256 block) + 4      int8: n + 4 rows
    /// ```
    static long codedBytes(Shape shape, Quantization q) {
        long values = shape.size();
        if (q.type() == DType.INT8) return values + F32 * (long) shape.dim(0);
        long blocks = Math.ceilDiv(values, (long) q.block());
        long scales = q.doubleQuant() ? blocks + F32 * Math.ceilDiv(blocks, 256L) + F32 : F32 * blocks;
        return Math.ceilDiv(values, 2L) + scales;
    }

    private void addTrained() {
        long n = count.total();
        double kept = request.tuning().stateBytes();
        add("adapter", F32 * n, "4 bytes · %,d values trained", n);
        add("gradients", F32 * n, "4 bytes · %,d", n);
        add("optimiser", Math.round(kept * n), "%.3g bytes · %,d", kept, n);
    }

    private void addActivations() {
        long tokens = request.shape().tokens();
        if (request.shape().checkpointing()) {
            add(
                    "activations",
                    width * tokens * activations.checkpoints(),
                    "%d bytes · %,d tokens · %,d values of checkpoints",
                    width,
                    tokens,
                    activations.checkpoints());
            return;
        }
        long held = activations.all();
        add("activations", width * tokens * held, "%d bytes · %,d tokens · %,d values held", width, tokens, held);
    }

    private void addLogits() {
        long vocab = request.model().model().vocabSize();
        long tokens = request.shape().tokens();
        Linear head = request.model().model().head().linear();
        boolean whole =
                !request.model().model().head().isPlain() || count.adapters().containsKey(head) || count.rows() > 0;
        long rows = whole ? 2 * tokens : Math.min(tokens, Math.max(1, CHUNK / vocab));
        add("logits", F32 * rows * vocab, "4 bytes · %,d rows · %,d of the vocabulary", rows, vocab);
    }

    /// What comes and goes: the block that is computed again, gradients of a block beyond what the logits have left,
    /// the hidden states at the head.
    private void addWorkspace() {
        long tokens = request.shape().tokens();
        long logits = items.getLast().bytes();
        long block = request.shape().checkpointing() ? activations.largestBlock() : 0;
        long backward = Math.max(0, width * tokens * (block + activations.gradients()) - logits);
        long head = (long) width * tokens * 8 * request.model().channels();
        long process = request.hardware().isCpu() ? JAVA : CONTEXT;
        add(
                "workspace",
                backward + head + process,
                "%,d of a block's backward beyond the logits, %,d of hidden states, %,d of the %s",
                backward,
                head,
                process,
                request.hardware().isCpu() ? "JVM" : "GPU's context");
    }
}
