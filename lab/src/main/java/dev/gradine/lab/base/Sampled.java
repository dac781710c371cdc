package dev.gradine.lab.base;

import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Asked;
import dev.gradine.nn.generate.Continuation;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/// Answers that a policy gave of its own, drawn from all of its distribution.
///
/// @param answers each behind its prompt, with its end
/// @param lengths tokens of each, its end not counted
public record Sampled(List<LabelledTokens> answers, List<Integer> lengths) {

    private static final int BATCH = 16;
    private static final SamplingParams PLAIN = new SamplingParams(1, 0, 1);

    /// One answer to each prompt.
    ///
    /// @param longest tokens after which an answer is cut
    /// @param ends tokens that end an answer
    public static Sampled of(
            Policy policy, List<int[]> prompts, int longest, IntPredicate ends, SplittableRandom rng, Kernels run) {
        List<Asked> asked =
                prompts.stream().map(p -> Asked.of(p, List.of(rng.split()))).toList();
        List<List<Continuation>> written =
                new Generations(policy, run).run(asked, WritingRule.of(PLAIN, longest, ends));
        List<LabelledTokens> answers = new ArrayList<>();
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            Continuation c = written.get(i).getFirst();
            int[] prompt = prompts.get(i);
            int[] ids = IntStream.concat(IntStream.of(prompt), IntStream.of(c.whole()))
                    .toArray();
            answers.add(LabelledTokens.completion(ids, prompt.length));
            lengths.add(c.tokens().length);
        }
        return new Sampled(answers, lengths);
    }

    /// Tokens of an answer, a mean.
    public double meanLength() {
        return lengths.stream().mapToInt(n -> n).average().orElseThrow();
    }

    /// How far `policy`, whose answers these are, is from another: `mean of log p(y) − log q(y)`, an estimate of
    /// KL(p ‖ q), nats per answer.
    public double kl(Policy policy, Policy other, Kernels run) {
        List<Double> p = logProbs(policy, answers, run);
        List<Double> q = logProbs(other, answers, run);
        return IntStream.range(0, p.size())
                .mapToDouble(i -> p.get(i) - q.get(i))
                .average()
                .orElse(0);
    }

    /// Log-probability of the labelled tokens of each sequence, nats; 0 for one without any.
    public static List<Double> logProbs(Policy policy, List<LabelledTokens> sequences, Kernels run) {
        List<Double> all = new ArrayList<>();
        for (int i = 0; i < sequences.size(); i += BATCH) {
            List<LabelledTokens> some = sequences.subList(i, Math.min(sequences.size(), i + BATCH));
            if (some.stream().allMatch(s -> s.predicted() == 0)) {
                some.forEach(_ -> all.add(0.0));
                continue;
            }
            try (Kernels k = run.openStep()) {
                var sums = TokenLogProbs.of(Tape.noGrad(k), policy, some).sums();
                for (float sum : k.download(sums.value())) all.add((double) sum);
            }
        }
        return all;
    }
}
