package dev.gradine.cli;

import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.LogitChanges;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import picocli.CommandLine.Option;

/// How texts are written.
final class WritingArgs {

    @Option(
            names = "--max-tokens",
            defaultValue = "256",
            paramLabel = "N",
            description = "Most tokens to write (default ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--min-tokens",
            defaultValue = "0",
            paramLabel = "N",
            description = "Tokens before which the text does not end (default ${DEFAULT-VALUE}).")
    private int minTokens;

    @Option(
            names = "--temperature",
            defaultValue = "0.7",
            paramLabel = "X",
            description = "0 for the likeliest token, 1 for the model's own distribution (default ${DEFAULT-VALUE}).")
    private double temperature;

    @Option(
            names = "--top-k",
            defaultValue = "0",
            paramLabel = "N",
            description = "Draw from the N likeliest tokens; 0 for all (default ${DEFAULT-VALUE}).")
    private int topK;

    @Option(
            names = "--top-p",
            defaultValue = "0.95",
            paramLabel = "X",
            description = "Draw from the fewest tokens of this probability together (default ${DEFAULT-VALUE}).")
    private double topP;

    @Option(
            names = "--min-p",
            defaultValue = "0",
            paramLabel = "X",
            description = "Draw no token less likely than this share of the likeliest (default ${DEFAULT-VALUE}).")
    private double minP;

    @Option(
            names = "--repetition-penalty",
            defaultValue = "1",
            paramLabel = "X",
            description = "Divide the logits of tokens that were there, in the prompt too, by X; 1 for no change"
                    + " (default ${DEFAULT-VALUE}).")
    private float repetitionPenalty;

    @Option(
            names = "--presence-penalty",
            defaultValue = "0",
            paramLabel = "X",
            description = "Take X from the logits of tokens that were written (default ${DEFAULT-VALUE}).")
    private float presencePenalty;

    @Option(
            names = "--frequency-penalty",
            defaultValue = "0",
            paramLabel = "X",
            description = "The same for each time that they were (default ${DEFAULT-VALUE}).")
    private float frequencyPenalty;

    @Option(
            names = "--logit-bias",
            paramLabel = "ID=X",
            description = "Add X to the logit of a token; may be given several times.")
    private Map<Integer, Float> logitBias = new LinkedHashMap<>();

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            description = "Text that ends what is written and is not part of it; may be given several times.")
    private List<String> stop = new ArrayList<>();

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "Same seed, same text (default ${DEFAULT-VALUE}).")
    private long seed;

    /// The rule.
    ///
    /// @param vocabSize of the model
    /// @param draft guesses
    /// @throws IllegalArgumentException names the option that is out of range
    WritingRule rule(IntPredicate isEnd, int vocabSize, Draft draft) {
        if (maxTokens < 1) throw new IllegalArgumentException("--max-tokens: " + maxTokens + ", expected at least 1");
        for (int id : logitBias.keySet()) {
            if (id < 0 || id >= vocabSize) {
                throw new IllegalArgumentException(
                        "--logit-bias: token %d, expected 0 to %d".formatted(id, vocabSize - 1));
            }
        }
        var changes = new LogitChanges(
                new HashMap<>(logitBias), repetitionPenalty, frequencyPenalty, presencePenalty, minTokens);
        return new WritingRule(
                new SamplingParams(temperature, topK, topP, minP), changes, maxTokens, isEnd, Reports.IDS, draft);
    }

    /// Texts that end what is written.
    List<String> stop() {
        return stop;
    }

    /// What draws text number `i`: prompt number i has the seed of the run and i more, so that each can be repeated
    /// alone.
    SplittableRandom draws(int i) {
        return new SplittableRandom(seed + i);
    }
}
