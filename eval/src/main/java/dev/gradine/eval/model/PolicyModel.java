package dev.gradine.eval.model;

import dev.gradine.align.Packed;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/// A model of ours with its adapters.
///
/// What the choices of one item begin with is read once, several items go into one pass, and only rows
/// that predict a token of a continuation reach the head.
public final class PolicyModel implements TokenModel {

    private static final int CACHED = 8192; // tokens whose keys are held at once, but for a text that alone has more

    private final Policy policy;
    private final Kernels run;
    private final IntPredicate isEnd;
    private final Settings settings;

    /// How a model is asked.
    ///
    /// @param batchTokens tokens read in one pass, unless one item has more
    /// @param seed of texts that are drawn: the same prompt gets the same text, whatever else is asked
    public record Settings(int batchTokens, long seed) {

        /// 2048 tokens, seed 1234.
        public static Settings defaults() {
            return new Settings(2048, 1234);
        }

        /// @throws IllegalArgumentException if a pass would read nothing
        public Settings {
            if (batchTokens < 1) {
                throw new IllegalArgumentException("batch-tokens: " + batchTokens + ", expected at least 1");
            }
        }
    }

    /// @param run lifetime within which passes are opened
    /// @param isEnd whether a token ends a text
    public PolicyModel(Policy policy, Kernels run, IntPredicate isEnd, Settings settings) {
        this.policy = policy;
        this.run = run;
        this.isEnd = isEnd;
        this.settings = settings;
    }

    @Override
    public int maxTokens() {
        return policy.model().maxPositions() - policy.adapters().virtualTokens();
    }

    @Override
    public List<List<Likelihood>> score(List<List<LabelledTokens>> groups, IntConsumer done) {
        List<Likelihood> all = new ArrayList<>();
        SharedBeginnings batch = new SharedBeginnings();
        for (int g = 0; g < groups.size(); g++) {
            List<LabelledTokens> group = groups.get(g);
            if (group.isEmpty()) continue;
            if (!batch.groups().isEmpty() && batch.rowsWith(group) > settings.batchTokens()) {
                all.addAll(pass(batch.groups()));
                done.accept(g);
                batch = new SharedBeginnings();
            }
            batch.add(group);
        }
        if (!batch.groups().isEmpty()) all.addAll(pass(batch.groups()));
        done.accept(groups.size());
        return split(all, groups);
    }

    /// One after the other, as many as each group has sequences.
    private static List<List<Likelihood>> split(List<Likelihood> all, List<List<LabelledTokens>> groups) {
        List<List<Likelihood>> split = new ArrayList<>();
        int at = 0;
        for (List<LabelledTokens> group : groups) {
            split.add(List.copyOf(all.subList(at, at + group.size())));
            at += group.size();
        }
        return split;
    }

    private List<Likelihood> pass(List<List<LabelledTokens>> batch) {
        Read read = Read.of(batch);
        try (Kernels k = run.openStep()) {
            Tape tape = Tape.noGrad(k);
            Pass pass = policy.pass(tape, read.packed().tokens());
            TokenLogProbs all =
                    TokenLogProbs.of(policy.model(), pass, policy.model().hidden(pass), read.rows(), read.targets());
            return read.sums(
                    k.download(all.values().value()), k.downloadInts(all.stats().argmax()));
        }
    }

    /// The inputs of a batch laid out, and which of their rows predict what.
    ///
    /// @param order number of each sequence of the layout, group by group
    private record Read(
            List<List<LabelledTokens>> groups,
            Packed packed,
            List<List<Integer>> order,
            List<Integer> rows,
            List<Integer> targets) {

        static Read of(List<List<LabelledTokens>> groups) {
            Packed packed = Packed.of(
                    groups.stream()
                            .map(g -> g.stream().map(Read::input).toList())
                            .toList(),
                    true);
            List<List<Integer>> order = order(groups, packed);
            List<Integer> rows = new ArrayList<>();
            List<Integer> targets = new ArrayList<>();
            for (int g = 0; g < groups.size(); g++) {
                for (int s = 0; s < groups.get(g).size(); s++) {
                    LabelledTokens l = groups.get(g).get(s);
                    for (int t = 1; t < l.tokens(); t++) {
                        if (l.label(t) == LabelledTokens.IGNORED) continue;
                        rows.add(packed.row(order.get(g).get(s), t - 1));
                        targets.add(l.label(t));
                    }
                }
            }
            return new Read(groups, packed, order, rows, targets);
        }

        /// All but the last token, which nothing follows.
        private static LabelledTokens input(LabelledTokens l) {
            return LabelledTokens.completion(Arrays.copyOf(l.ids(), l.tokens() - 1), l.tokens());
        }

        /// The layout has the first sequence of every group, then the second of every group that has
        /// one, and so on.
        private static List<List<Integer>> order(List<List<LabelledTokens>> groups, Packed packed) {
            List<List<Integer>> order = new ArrayList<>();
            for (int g = 0; g < groups.size(); g++) order.add(new ArrayList<>());
            int next = 0;
            for (int b = 0; b < packed.branches(); b++) {
                for (int g = 0; g < groups.size(); g++) {
                    if (groups.get(g).size() > b) order.get(g).add(next++);
                }
            }
            return order;
        }

        /// Of all sequences, group by group.
        List<Likelihood> sums(float[] logProbs, int[] likeliest) {
            List<Likelihood> all = new ArrayList<>();
            int at = 0;
            for (List<LabelledTokens> group : groups) {
                for (LabelledTokens l : group) {
                    double sum = 0;
                    boolean greedy = true;
                    int n = l.predicted();
                    for (int i = at; i < at + n; i++) {
                        sum += logProbs[i];
                        greedy &= likeliest[i] == targets.get(i);
                    }
                    all.add(new Likelihood(sum, greedy, n));
                    at += n;
                }
            }
            return all;
        }
    }

    /// Several at once, as many as their keys have room.
    @Override
    public List<int[]> write(List<int[]> prompts, GenerationRule rule, OnToken onToken) {
        WritingRule request = WritingRule.of(rule.params(), rule.maxTokens(), isEnd);
        List<int[]> texts = new ArrayList<>();
        List<Asked> some = new ArrayList<>();
        int tokens = 0;
        for (int i = 0; i < prompts.size(); i++) {
            int[] prompt = prompts.get(i);
            int own = prompt.length + rule.maxTokens();
            if (!some.isEmpty() && tokens + own > CACHED) {
                texts.addAll(written(some, request));
                some.clear();
                tokens = 0;
            }
            int number = i;
            var draw = new SplittableRandom(settings.seed() + Arrays.hashCode(prompt));
            some.add(Asked.telling(prompt, draw, token -> onToken.goesOn(number, token)));
            tokens += own;
        }
        if (!some.isEmpty()) texts.addAll(written(some, request));
        return texts;
    }

    private List<int[]> written(List<Asked> asked, WritingRule request) {
        return new Generations(policy, run)
                .run(asked, request).stream()
                        .map(own -> own.getFirst().tokens())
                        .toList();
    }
}
