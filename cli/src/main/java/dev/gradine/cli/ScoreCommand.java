package dev.gradine.cli;

import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.token.StreamDecoder;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Safetensors;
import dev.gradine.io.TensorSource;
import dev.gradine.io.TokenFile;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Path;
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
        description = "Write the logits of given tokens, or print log-probabilities and perplexity of a text.")
final class ScoreCommand implements Runnable, ConfigFile.Reader {

    @Mixin
    private ModelArgs model = new ModelArgs();

    @ArgGroup(multiplicity = "1")
    private Input input = new Input();

    @Option(names = "--out", paramLabel = "FILE", description = "With --ids: logits f32 [B,T,V] as safetensors.")
    private @Nullable Path out;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private static final class Input {
        @Option(
                names = "--ids",
                paramLabel = "FILE",
                description = "Tokens: a safetensors file with the integer tensor input_ids [B,T].")
        private @Nullable Path ids;

        @Option(names = "--text", paramLabel = "TEXT", description = "A text to print token by token, in nats.")
        private @Nullable String text;
    }

    @Override
    public void run() {
        try (LoadedModel m = model.open()) {
            Policy policy = model.policy(m);
            if (input.ids != null) {
                if (out == null) throw new IllegalArgumentException("--out is missing, expected a file for the logits");
                logits(policy, m.run(), input.ids, out);
            }
            if (input.text != null) text(m, policy, input.text);
        }
    }

    private static void logits(Policy policy, Kernels run, Path in, Path out) {
        int[][] rows = TokenFile.read(in);
        int v = policy.model().vocabSize();
        try (Arena arena = Arena.ofShared()) {
            Shape shape = Shape.of(rows.length, rows[0].length, v);
            float[] logits = new float[shape.size()];
            for (int b = 0; b < rows.length; b++) {
                try (Kernels k = run.openStep()) {
                    TokenBatch batch = TokenBatch.of(List.of(rows[b]));
                    Tensor z = policy.logits(Tape.noGrad(k), batch).value();
                    System.arraycopy(k.download(z), 0, logits, b * rows[b].length * v, z.size());
                }
            }
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
