package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/// A prompt that is to be continued, how, and who is told of it.
///
/// Held as a class, since arrays have no place in records.
public final class Writing {

    /// Who is told of a text. Calls come from the thread that runs the batch, and hold up all its texts.
    public interface Listener {

        /// The first `tokens` of the prompt were read for an earlier one, and are not read again. Called once, before
        /// any token, where there are some.
        default void known(int tokens) {}

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

        /// Nothing more will come, and why. Called by who runs the batch, where that goes on after a failure.
        default void failed(RuntimeException why) {}
    }

    private final int[] prompt;
    private final Adapters adapters;
    private final WritingRule rule;
    private final List<RandomGenerator> draws;
    private final Listener listener;
    private final AtomicBoolean cancelled;

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
        cancelled = new AtomicBoolean();
    }

    private Writing(Writing other, Listener listener) {
        prompt = other.prompt;
        adapters = other.adapters;
        rule = other.rule;
        draws = other.draws;
        this.listener = listener;
        cancelled = other.cancelled;
    }

    /// The same writing, of which another is told. To cancel one is to cancel the other.
    public Writing telling(Listener other) {
        return new Writing(this, other);
    }

    /// Wants no more of it, from any thread: its texts end within a step.
    public void cancel() {
        cancelled.set(true);
    }

    /// Whether it was cancelled.
    public boolean isCancelled() {
        return cancelled.get();
    }

    /// What the model acts with.
    public Adapters adapters() {
        return adapters;
    }

    /// Who is told of it.
    public Listener listener() {
        return listener;
    }

    /// How many texts are written.
    public int texts() {
        return draws.size();
    }

    /// Its prompt.
    public int[] prompt() {
        return prompt;
    }

    /// How it is written.
    public WritingRule rule() {
        return rule;
    }

    List<RandomGenerator> draws() {
        return draws;
    }
}
