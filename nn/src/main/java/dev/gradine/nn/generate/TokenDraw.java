package dev.gradine.nn.generate;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.List;

/// Draws the next token of texts.
///
/// Where the logits are, if a text's rule asks for nothing else: then its token alone leaves the device.
final class TokenDraw {

    private TokenDraw() {}

    /// The next token of each text, which takes it.
    ///
    /// @param logits `f32[N,V]`, of each text in turn
    static void each(Kernels k, Tensor logits, List<Answer> texts) {
        for (int from = 0; from < texts.size(); ) {
            int to = from + 1;
            if (isPlain(texts.get(from))) {
                while (to < texts.size()
                        && isPlain(texts.get(to))
                        && params(texts, to).equals(params(texts, from))) to++;
                plain(k, logits.rows(from, to), texts.subList(from, to));
            } else {
                reporting(k, logits.rows(from, to), texts.get(from));
            }
            from = to;
        }
    }

    private static boolean isPlain(Answer a) {
        WritingRule rule = a.group.writing.rule();
        return rule.changes().isNone() && !rule.reports().logProbs();
    }

    private static SamplingParams params(List<Answer> texts, int i) {
        return texts.get(i).group.writing.rule().sampling();
    }

    private static void plain(Kernels k, Tensor logits, List<Answer> texts) {
        SamplingParams params = params(texts, 0);
        double[] u = params.isGreedy()
                ? new double[0]
                : texts.stream().mapToDouble(a -> a.rng.nextDouble()).toArray();
        Tensor tokens = k.empty(DType.I32, Shape.of(texts.size()));
        k.sampling().draw(logits, params, u, tokens);
        int[] drawn = k.downloadInts(tokens);
        for (int i = 0; i < drawn.length; i++) texts.get(i).take(DrawnToken.of(drawn[i]));
    }

    private static void reporting(Kernels k, Tensor logits, Answer text) {
        WritingRule rule = text.group.writing.rule();
        float[] z = k.download(logits);
        float[] own = z.clone(); // the model's own
        rule.changes().apply(z, text.group.prompt(), text.text, text.count, rule.isEnd());
        double[] u = rule.sampling().isGreedy() ? new double[0] : new double[] {text.rng.nextDouble()};
        Tensor token = k.empty(DType.I32, Shape.of(1));
        k.sampling().draw(k.of(Shape.of(1, z.length), z), rule.sampling(), u, token);
        int drawn = k.downloadInts(token)[0];
        if (!rule.reports().logProbs()) {
            text.take(DrawnToken.of(drawn));
            return;
        }
        if (rule.reports().drawn()) DrawnFrom.change(z, rule.sampling(), drawn);
        float[] told = rule.reports().drawn() ? z : own;
        text.take(LogProbs.of(told, drawn, rule.reports().likeliest()));
    }
}
