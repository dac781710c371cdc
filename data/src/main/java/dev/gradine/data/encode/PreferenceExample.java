package dev.gradine.data.encode;

/// A prompt with a better and a worse answer. The answers do not repeat the prompt.
public final class PreferenceExample {
    private final int[] prompt;
    private final int[] chosen;
    private final int[] rejected;

    /// Takes the arrays without copying.
    PreferenceExample(int[] prompt, int[] chosen, int[] rejected) {
        this.prompt = prompt;
        this.chosen = chosen;
        this.rejected = rejected;
    }

    /// The prompt's tokens; a copy.
    public int[] prompt() {
        return prompt.clone();
    }

    /// The better answer's tokens; a copy.
    public int[] chosen() {
        return chosen.clone();
    }

    /// The worse answer's tokens; a copy.
    public int[] rejected() {
        return rejected.clone();
    }

    /// Tokens of the two sequences together; the prompt counts twice.
    public int length() {
        return 2 * prompt.length + chosen.length + rejected.length;
    }
}
