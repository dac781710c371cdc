package dev.gradine.nn.generate;

import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/// Continues prompts that are all known from the beginning: what one step costs is mostly the reading of the weights,
/// and they read them together, in a `ContinuousBatch`.
///
/// A prompt that is continued several times is read once, and its keys are held once. Each text draws from a generator
/// of its own, so that it is the same in any company.
public final class Generations {

    private static final int AT_ONCE = 64; // texts

    private final Policy policy;
    private final Kernels run;

    /// @param policy the model with the adapters it acts with
    /// @param run lifetime within which caches are opened
    public Generations(Policy policy, Kernels run) {
        this.policy = policy;
        this.run = run;
    }

    /// Continues one prompt, telling `onToken` of each token as it comes; it returns false to stop.
    ///
    /// @return the tokens written
    /// @throws IllegalArgumentException if the prompt is empty or leaves no room within the model's positions
    public int[] one(int[] prompt, WritingRule rule, RandomGenerator draw, IntPredicate onToken) {
        return run(List.of(Asked.telling(prompt, draw, onToken)), rule)
                .getFirst()
                .getFirst()
                .tokens();
    }

    /// Continues all prompts.
    ///
    /// @return for each prompt what was written, in the order of its draws
    /// @throws IllegalArgumentException if a prompt is empty or leaves no room within the model's positions
    public List<List<Continuation>> run(List<Asked> all, WritingRule rule) {
        List<Told> told = all.stream().map(Told::new).toList();
        List<Writing> writings = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            Asked a = all.get(i);
            writings.add(new Writing(a.prompt(), policy.adapters(), rule, a.draws(), told.get(i)));
        }
        if (writings.isEmpty()) return List.of();
        try (var batch = new ContinuousBatch(policy.model(), run, room(writings), Mixing.NONE)) {
            writings.forEach(batch::add);
            batch.finish();
        }
        return told.stream().map(Told::results).toList();
    }

    /// As much as the largest of them need that may be written at once.
    private ContinuousBatch.Room room(List<Writing> writings) {
        int texts = AT_ONCE;
        for (Writing w : writings) texts = Math.max(texts, w.draws().size());
        List<Long> needs = new ArrayList<>();
        int used = 0;
        long tokens = 0;
        for (Writing w : writings) needs.add(need(w));
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < needs.size(); i++) order.add(i);
        order.sort((i, j) -> Long.compare(needs.get(j), needs.get(i)));
        for (int i : order) {
            if (used + writings.get(i).draws().size() > texts && used > 0) break;
            used += writings.get(i).draws().size();
            tokens += needs.get(i);
        }
        return new ContinuousBatch.Room(Math.toIntExact(tokens), texts, Integer.MAX_VALUE);
    }

    private long need(Writing w) {
        int limit = ContinuousBatch.limit(
                policy.model(), w.adapters(), w.prompt(), w.rule().maxTokens());
        return PageMemory.UNIT * PageMemory.pages(w.prompt().length, w.draws().size(), limit);
    }

    /// Keeps what is written.
    private static final class Told implements Writing.Listener {
        final Asked asked;
        final List<List<Integer>> texts = new ArrayList<>();
        final List<Ending> endings = new ArrayList<>();

        Told(Asked asked) {
            this.asked = asked;
            for (int i = 0; i < asked.draws().size(); i++) {
                texts.add(new ArrayList<>());
                endings.add(Ending.of(Ending.Why.LENGTH));
            }
        }

        @Override
        public boolean token(int draw, DrawnToken token) {
            texts.get(draw).add(token.id());
            return asked.onToken().goesOn(draw, token.id());
        }

        @Override
        public void end(int draw, Ending ending) {
            endings.set(draw, ending);
        }

        List<Continuation> results() {
            List<Continuation> all = new ArrayList<>();
            for (int i = 0; i < texts.size(); i++) {
                int[] tokens = texts.get(i).stream().mapToInt(Integer::intValue).toArray();
                int end = endings.get(i).token();
                all.add(end < 0 ? Continuation.cut(tokens) : Continuation.ended(tokens, end));
            }
            return all;
        }
    }
}
