package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import java.util.List;
import java.util.random.RandomGenerator;

/// A prompt that is to be continued, how, and who is told of it.
///
/// Held as a class, since arrays have no place in records.
public final class Writing {

    /// Who is told of a text. Calls come from the thread that runs the batch, and hold up all its texts.
    public interface Listener {

        /// The prompt has been read. Called once, before any token, where the rule reports the prompt.
        ///
        /// @param tokens of the prompt
        default void prompt(List<DrawnToken> tokens) {}

        /// A token has been written.
        ///
        /// @param draw number of the text among those of this prompt
        /// @return whether another may follow
        boolean token(int draw, DrawnToken token);

        /// A text is over. Called once for each.
        default void end(int draw, Ending ending) {}
    }

    private final int[] prompt;
    private final Adapters adapters;
    private final WritingRule rule;
    private final List<RandomGenerator> draws;
    private final Listener listener;
    private volatile boolean cancelled;

    /// @param prompt tokens, at least one
    /// @param adapters the model acts with
    /// @param draws one generator for each text: a prompt that is continued several times is read once
    public Writing(
            int[] prompt,
            Adapters adapters,
            WritingRule rule,
            List<? extends RandomGenerator> draws,
            Listener listener) {
        if (draws.isEmpty()) throw new IllegalArgumentException("generate: 0 texts to write, expected at least 1");
        this.prompt = prompt.clone();
        this.adapters = adapters;
        this.rule = rule;
        this.draws = List.copyOf(draws);
        this.listener = listener;
    }

    /// Wants no more of it, from any thread: its texts end within a step.
    public void cancel() {
        cancelled = true;
    }

    boolean isCancelled() {
        return cancelled;
    }

    int[] prompt() {
        return prompt;
    }

    Adapters adapters() {
        return adapters;
    }

    WritingRule rule() {
        return rule;
    }

    List<RandomGenerator> draws() {
        return draws;
    }

    Listener listener() {
        return listener;
    }
}
