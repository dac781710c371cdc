package dev.gradine.cli.plan;

import dev.gradine.nn.Linear;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weight;
import dev.gradine.peft.Lora;
import dev.gradine.peft.TrainedCount;
import java.util.Set;
import java.util.stream.Stream;

/// Values of the forward pass that are held for the gradient, for one token.
///
/// ```
/// block: 2 C of residuals, queries, keys and values, the result of attention and H of its log-sum-exp, gate and up,
///        2 of norms, r of each low-rank path; of other adapters the layer's result as well
/// ```
///
/// Norms and the product of gate and up are made again; results that are only added to something go at once:
/// `docs/decisions/003-memory.md` has the table. Blocks below the first that is trained hold nothing.
final class Activations {

    /// Layers that write into the residual stream: what they give is added and let go.
    private static final Set<String> WRITERS = Set.of("o_proj", "down_proj", "c_proj");

    private final PlanRequest request;
    private final TrainedCount count;
    private final long[] byBlock;
    private final int first; // the lowest block with something trained

    Activations(PlanRequest request, TrainedCount count) {
        this.request = request;
        this.count = count;
        byBlock = new long[request.model().blocks()];
        first = firstTrained();
        for (int b = first; b < byBlock.length; b++)
            byBlock[b] = 2L * channels() + request.model().heads() + 2;
        for (Linear l : request.model().blockLinears()) add(PlanModel.block(l.path()), held(l) + adapter(l));
        for (Weight w : request.model().model().weights()) add(PlanModel.block(w.path()), norm(w));
    }

    private void add(int block, long values) {
        if (block >= first) byBlock[block] += values;
    }

    private int channels() {
        return request.model().channels();
    }

    /// The lowest block with something trained; 0 where that lies before the blocks.
    private int firstTrained() {
        Stream<String> paths = Stream.concat(
                count.adapters().keySet().stream().map(Site::path),
                count.copies().keySet().stream().map(Weight::path));
        String head = request.model().model().head().linear().path();
        String last = "norm.";
        return paths.filter(p -> !p.startsWith(head) && !(PlanModel.block(p) < 0 && p.contains(last)))
                .mapToInt(p -> Math.max(0, PlanModel.block(p)))
                .min()
                .orElse(count.rows() > 0 ? 0 : byBlock.length);
    }

    private static long held(Linear l) {
        String name = l.path().substring(l.path().lastIndexOf('.') + 1);
        if (!WRITERS.contains(name)) return l.out();
        return l.path().contains("attn") ? l.in() : 0;
    }

    /// The inner width of the adapter's path, and beyond LoRA what the layer gives before it is changed.
    private long adapter(Linear l) {
        Long values = count.adapters().get(l);
        if (values == null) return 0;
        long width = Math.ceilDiv(values, (long) l.in() + l.out());
        return request.tuning().method() instanceof Lora ? width : width + l.out();
    }

    /// A norm of heads or behind a layer holds what it reads.
    private long norm(Weight w) {
        if (w.path().endsWith("q_norm.weight"))
            return (long) request.model().heads() * w.shape().dim(0);
        if (w.path().endsWith("k_norm.weight")) return w.shape().dim(0);
        return w.path().contains("post_feedforward_layernorm") ? 2L * channels() : 0;
    }

    /// Values of all blocks.
    long all() {
        long sum = 0;
        for (long b : byBlock) sum += b;
        return sum;
    }

    /// Values of the largest block.
    long largestBlock() {
        long most = 0;
        for (long b : byBlock) most = Math.max(most, b);
        return most;
    }

    /// Hidden states that checkpoints keep: one for each block.
    long checkpoints() {
        return (long) channels() * (byBlock.length - first);
    }

    /// Gradients of one block that are there at once: of gate, up and their product, of what the block reads and of two
    /// residuals.
    long gradients() {
        long widest = request.model().blockLinears().stream()
                .mapToLong(Linear::out)
                .max()
                .orElse(0);
        return 3 * widest + 4L * channels();
    }
}
