package dev.gradine.nn;

import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/// Continues many sequences at once: what one step costs is mostly the reading of the weights, and they read them
/// together.
///
/// A prompt that is continued several times is read once, and its keys are held once. A sequence that has ended leaves
/// the batch. Each draws from a generator of its own, so that it is the same in any company, but for the rounding of
/// products of other sizes.
public final class Generations {

    private static final int AT_ONCE = 64; // sequences

    private final Policy policy;
    private final Kernels run;

    /// @param policy the model with the adapters it acts with
    /// @param run lifetime within which caches are opened
    public Generations(Policy policy, Kernels run) {
        this.policy = policy;
        this.run = run;
    }

    /// Continues all prompts.
    ///
    /// @return for each prompt what was written, in the order of its draws
    /// @throws IllegalArgumentException if a prompt is empty or leaves no room within the model's positions
    public List<List<Continuation>> run(List<Asked> all, Generation.Request request) {
        for (Asked a : all) requireRoom(a);
        if (!areAlike()) return all.stream().map(a -> alone(a, request)).toList();
        List<List<Continuation>> written = new ArrayList<>();
        for (int from = 0; from < all.size(); ) {
            int to = from;
            int sequences = 0;
            while (to < all.size()
                    && (to == from || sequences + all.get(to).draws().size() <= AT_ONCE)) {
                sequences += all.get(to++).draws().size();
            }
            try (Kernels k = run.openStep()) {
                written.addAll(new GenerationWave(policy, k, all.subList(from, to), request).run());
            }
            from = to;
        }
        return written;
    }

    /// Whether adapters do the same to all sequences, whatever they begin with, and add no rows of their own.
    private boolean areAlike() {
        return policy.adapters().virtualTokens() == 0 && policy.adapters().areCausal();
    }

    private void requireRoom(Asked a) {
        int most = policy.model().maxPositions() - policy.adapters().virtualTokens();
        if (a.prompt().length == 0) throw new IllegalArgumentException("generate: the prompt has no token");
        if (a.prompt().length >= most) {
            throw new IllegalArgumentException(
                    "generate: the prompt has %d tokens, expected fewer than %d".formatted(a.prompt().length, most));
        }
    }

    private List<Continuation> alone(Asked a, Generation.Request request) {
        Generation one = new Generation(policy, run);
        return a.draws().stream()
                .map(rng -> {
                    int[] end = {-1};
                    var noting = new Generation.Request(request.params(), request.maxTokens(), id -> {
                        boolean ends = request.isEnd().test(id);
                        if (ends) end[0] = id;
                        return ends;
                    });
                    int[] tokens = one.run(a.prompt(), noting, rng, a.onToken());
                    return end[0] < 0 ? Continuation.cut(tokens) : Continuation.ended(tokens, end[0]);
                })
                .toList();
    }
}
