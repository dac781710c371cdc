package dev.gradine.cli;

import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.cli.forward.PaddedTexts;
import dev.gradine.cli.forward.Padding;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.io.TokenFile;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Model;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.peft.RowAdapters;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine score`: what a model thinks of given tokens or text.
@Command(
        name = "score",
        mixinStandardHelpOptions = true,
        description = "Write the logits of given tokens, or print log-probabilities and perplexity of a text. Of a"
                + " classifier: those of its labels.")
final class ScoreCommand implements Runnable, ConfigFile.Reader {

    private static final int LEAST_TOGETHER = 8; // tokens of a row

    @Mixin
    private ModelArgs model = new ModelArgs();

    @ArgGroup(multiplicity = "1")
    private Input input = new Input();

    @Option(
            names = "--text-pair",
            paramLabel = "TEXT",
            description = "Of a classifier: a second text, which is read together with that of --text.")
    private @Nullable String textPair;

    @Option(
            names = "--adapter-names",
            paramLabel = "NAME[,NAME…]",
            description = "Of several --adapter NAME=DIR, which one each row has: its name, a+b for both at once, or"
                    + " __base__ for none. All rows are computed in one pass.")
    private @Nullable String names;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "With --ids: logits f32 [B,T,V] as safetensors; of a classifier [B,L].")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private static final class Input {
        @Option(
                names = "--ids",
                paramLabel = "FILE",
                description = "Tokens: a safetensors file with the integer tensor input_ids [B,T]. Of a classifier also"
                        + " attention_mask [B,T], which leaves out padding, and token_type_ids [B,T].")
        private @Nullable Path ids;

        @Option(names = "--text", paramLabel = "TEXT", description = "A text to print token by token, in nats.")
        private @Nullable String text;
    }

    @Override
    public void run() {
        if (textPair != null && input.text == null) {
            throw new IllegalArgumentException("--text-pair is given without --text, expected both");
        }
        try (LoadedModel m = model.openAny()) {
            if (model.meant(m) instanceof Classifier classifier) {
                labels(m, classifier);
                return;
            }
            if (textPair != null) {
                throw new IllegalArgumentException("--text-pair: %s writes words, expected a classifier"
                        .formatted(m.model().family()));
            }
            if (input.ids != null) {
                int[][] rows = TokenFile.read(input.ids);
                float[] logits = names == null
                        ? oneByOne(model.policy(m), m.run(), rows)
                        : together(m, each(m.model(), m, rows.length, input.ids + " has %d rows"), rows);
                write(logits, Shape.of(rows.length, rows[0].length, m.model().vocabSize()));
            }
            if (input.text != null) {
                Policy policy = names == null
                        ? model.policy(m)
                        : new Policy(
                                m.model(),
                                each(m.model(), m, 1, "--text is %d row").getFirst());
                text(m, policy, input.text);
            }
        }
    }

    private void labels(LoadedModel m, Classifier classifier) {
        LabelScore score = new LabelScore(classifier, m.run());
        Padding padding = Padding.of(m.open().checkpoint().config(), classifier);
        if (input.ids != null) {
            List<TokenBatch> texts = PaddedTexts.read(input.ids, padding).apart();
            float[] logits = score.logits(texts, each(classifier, m, texts.size(), input.ids + " has %d rows"));
            write(logits, Shape.of(texts.size(), classifier.labels().count()));
        }
        if (input.text != null) {
            Tokenizer tokenizer = m.codecFor(false).tokenizer();
            score.print(
                    textPair == null
                            ? padding.of(tokenizer.encode(input.text, true))
                            : padding.of(tokenizer.pair(input.text, textPair), classifier),
                    each(classifier, m, 1, "--text is %d row").getFirst(),
                    spec.commandLine().getOut());
        }
    }

    /// The adapters of each row.
    private List<Adapters> each(Model of, LoadedModel m, int rows, String what) {
        if (names == null) return Collections.nCopies(rows, model.adapters(of, m.run()));
        List<Adapters> each = new AdapterNames(model.named(of, m.run())).each(names);
        if (each.size() == rows) return each;
        throw new IllegalArgumentException("--adapter-names: %d given, expected one for each row (%s)"
                .formatted(each.size(), what.formatted(rows)));
    }

    private static float[] oneByOne(Policy policy, Kernels run, int[][] rows) {
        int size = Math.multiplyExact(rows[0].length, policy.model().vocabSize());
        float[] logits = new float[Math.multiplyExact(rows.length, size)];
        for (int b = 0; b < rows.length; b++) {
            System.arraycopy(logits(policy, run, List.of(rows[b])), 0, logits, b * size, size);
        }
        return logits;
    }

    /// All rows in one pass. Rows of few tokens are multiplied in another order alone than with others, so each of
    /// those has a pass of its own: a row never depends on its neighbours.
    private static float[] together(LoadedModel m, List<Adapters> each, int[][] rows) {
        if (rows[0].length >= LEAST_TOGETHER) {
            return logits(new Policy(m.model(), RowAdapters.of(each)), m.run(), List.of(rows));
        }
        float[] all = new float[0];
        for (int b = 0; b < rows.length; b++) {
            float[] row = logits(new Policy(m.model(), each.get(b)), m.run(), List.of(rows[b]));
            all = Arrays.copyOf(all, all.length + row.length);
            System.arraycopy(row, 0, all, all.length - row.length, row.length);
        }
        return all;
    }

    private static float[] logits(Policy policy, Kernels run, List<int[]> rows) {
        try (Kernels k = run.openStep()) {
            return k.download(policy.logits(Tape.noGrad(k), TokenBatch.of(rows)).value());
        }
    }

    private void write(float[] logits, Shape shape) {
        if (out == null) throw new IllegalArgumentException("--out is missing, expected a file for the logits");
        try (Arena arena = Arena.ofShared()) {
            Safetensors.write(
                    out, Safetensors.METADATA, List.of(TensorSource.of("logits", Tensor.of(arena, shape, logits))));
        }
    }

    private void text(LoadedModel m, Policy policy, String text) {
        Tokenizer tokenizer = m.codecFor(false).tokenizer();
        int[] ids = tokenizer.encode(text, true);
        if (ids.length < 2) {
            throw new IllegalArgumentException("--text: %d tokens, expected at least 2".formatted(ids.length));
        }
        PrintWriter print = spec.commandLine().getOut();
        try (Kernels k = m.run().openStep()) {
            TokenLogProbs lp = TokenLogProbs.of(Tape.noGrad(k), policy, List.of(new LabelledTokens(ids, ids)));
            float[] logp = k.download(lp.values().value());
            double sum = 0;
            StreamDecoder texts = new StreamDecoder(tokenizer, false);
            print.printf("%9s  %6d  %s  no score: no token comes before it%n", "-", ids[0], shown(texts.next(ids[0])));
            for (int t = 1; t < ids.length; t++) {
                sum += logp[t - 1];
                String piece = t < ids.length - 1 ? texts.next(ids[t]) : texts.next(ids[t]) + texts.finish();
                print.printf("%9.4f  %6d  %s%n", logp[t - 1], ids[t], shown(piece));
            }
            double mean = sum / logp.length;
            print.printf(
                    "%d tokens scored, log-probability %.4f nats, %.4f nats per token, perplexity %.4f%n",
                    logp.length, sum, mean, Math.exp(-mean));
            print.flush();
        }
    }

    /// A token as the text it adds; in quotes where that is white space, so that it is seen.
    private static String shown(String piece) {
        if (piece.isEmpty()) return "(part of a character, or no text)";
        StringBuilder out = new StringBuilder();
        piece.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (Character.isISOControl(c)) out.append("\\u%04x".formatted(c));
                    else out.appendCodePoint(c);
                }
            }
        });
        return piece.isBlank() ? "\"" + out + "\"" : out.toString();
    }
}
