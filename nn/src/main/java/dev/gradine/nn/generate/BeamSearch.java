package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/// Looks for the likeliest texts behind a prompt, several at a time. The prompt is read once, and the open texts are
/// read together; as far as they are the same, they have the same pages.
public final class BeamSearch {

    private final CausalLm model;
    private final Adapters adapters;
    private final Kernels run;

    /// A text that was found.
    ///
    /// @param score by `BeamRule`
    public record Found(Continuation continuation, double score) {}

    /// @param policy the model with the adapters it acts with
    /// @param run lifetime within which caches are opened
    /// @throws IllegalArgumentException if an adapter reads a prompt as a whole
    public BeamSearch(Policy policy, Kernels run) {
        model = policy.model();
        adapters = policy.adapters();
        this.run = run;
        if (!ContinuousBatch.isTogether(adapters)) {
            throw new IllegalArgumentException("beam search: an adapter with virtual tokens, or one that begins in the"
                    + " middle of a prompt; expected one that acts on every token (merge it, or search without)");
        }
    }

    /// The texts that were found, best first: as many as there are beams, if the search found so many.
    ///
    /// Log-probabilities are changed by the rule's changes of logits; nothing is drawn.
    ///
    /// @param isStopped whether a text ends although its last token is no end
    /// @throws IllegalArgumentException if the prompt is empty or leaves no room within the model's positions
    public List<Found> search(int[] prompt, WritingRule rule, BeamRule beams, Predicate<int[]> isStopped) {
        int longest = ContinuousBatch.limit(model, adapters, prompt, rule.maxTokens());
        try (Kernels k = run.openStep()) {
            long pages = PageMemory.pages(prompt.length, beams.beams(), longest);
            KvCache cache = model.newCache(k, Math.toIntExact(PageMemory.UNIT * pages), beams.beams());
            var memory = new PageMemory(cache, k);
            var reading = new BatchReading(model, k, cache, Mixing.NONE);
            var state = new Beams(beams, ends(rule), longest, completion(rule, isStopped));
            TextPages root = memory.empty();
            while (root.capacity() < prompt.length) require(memory.extend(root));
            state.step(changed(rule, prompt, state, List.of(first(k, reading, root, prompt))));
            List<TextPages> texts = continued(memory, List.of(root), state.open());
            while (!state.isOver()) {
                for (TextPages text : texts) require(memory.prepare(text));
                List<float[]> logits = next(k, reading, texts, state.open());
                state.step(changed(rule, prompt, state, logits));
                texts = continued(memory, texts, state.open());
            }
            return state.found();
        }
    }

    private static void require(boolean isThere) {
        if (!isThere) throw new IllegalStateException("beam search: no page is left");
    }

    private int ends(WritingRule rule) {
        return (int) IntStream.range(0, model.vocabSize()).filter(rule.isEnd()).count();
    }

    private static Beams.Completion completion(WritingRule rule, Predicate<int[]> isStopped) {
        return tokens -> {
            int last = tokens[tokens.length - 1];
            if (rule.isEnd().test(last)) return Continuation.ended(Arrays.copyOf(tokens, tokens.length - 1), last);
            return isStopped.test(tokens) ? Continuation.cut(tokens) : null;
        };
    }

    /// Logits behind the prompt.
    private float[] first(Kernels k, BatchReading reading, TextPages root, int[] prompt) {
        while (true) {
            int to = Math.min(prompt.length, root.length + BatchReading.PIECE);
            try (Kernels scratch = k.openStep()) {
                BatchTurn turn = new BatchTurn();
                turn.add(root, Arrays.copyOfRange(prompt, root.length, to), adapters);
                var hidden = reading.read(scratch, turn);
                int n = hidden.shape().dim(0);
                if (to < prompt.length) continue;
                return scratch.download(reading.logits(scratch, hidden.rows(n - 1, n), List.of(adapters)));
            }
        }
    }

    /// Logits behind the last token of each open text.
    private List<float[]> next(Kernels k, BatchReading reading, List<TextPages> texts, List<Beams.Open> open) {
        try (Kernels rows = k.openStepByRow()) {
            BatchTurn turn = new BatchTurn();
            for (int i = 0; i < open.size(); i++) {
                turn.add(texts.get(i), new int[] {open.get(i).last()}, adapters);
            }
            var logits = reading.logits(rows, reading.read(rows, turn), List.of(adapters));
            List<float[]> all = new ArrayList<>();
            for (int i = 0; i < open.size(); i++) all.add(rows.download(logits.rows(i, i + 1)));
            return all;
        }
    }

    private static List<float[]> changed(WritingRule rule, int[] prompt, Beams state, List<float[]> logits) {
        for (int i = 0; i < logits.size(); i++) {
            int[] text = state.open().get(i).tokens;
            LogProbs.normalise(logits.get(i));
            rule.changes().apply(logits.get(i), prompt, text, text.length, rule.isEnd());
        }
        return logits;
    }

    /// Pages of the open texts: the first that continues a text goes on in its pages, others share them.
    private static List<TextPages> continued(PageMemory memory, List<TextPages> texts, List<Beams.Open> open) {
        List<TextPages> left = new ArrayList<>(texts); // that nobody has gone on with
        for (Beams.Open text : open) left.remove(texts.get(text.from));
        left.forEach(memory::release);
        Set<TextPages> taken = new HashSet<>();
        List<TextPages> all = new ArrayList<>();
        for (Beams.Open text : open) {
            TextPages from = texts.get(text.from);
            all.add(taken.add(from) ? from : memory.fork(from, 0));
        }
        return all;
    }
}
